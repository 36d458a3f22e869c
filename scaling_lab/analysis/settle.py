"""A sequential design: train further seeds only for the pairs of rules that have no verdict yet.

All networks start with the seeds of the plan. After each round the verdicts are looked at, and the networks of open
pairs get further seeds, half as many again, up to a largest number. A pair is settled when its rules are told apart or
alike within delta. The looks share out the error rate as planned here (`stats.looks`): after the share t of the largest
number of seeds, 95 % of t^1.5 is spent, so that early looks find large differences and most is left for the last ones.
"""

from collections.abc import Iterable, Sequence
from math import ceil

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.rule_pairs import RulePair

GROWTH = 1.5
"""Factor by which the number of seeds grows in a round."""
SPENT_IN_ALL = 0.95
"""Part of the error rate that all planned looks spend; the rest is for later looks."""
POWER_OF_SHARE = 1.5
"""Exponent of the share of seeds in the part of the error rate that is spent."""


def plan_rounds(first: int, most: int) -> tuple[int, ...]:
    """Return the number of seeds of an open network after each round, from the first to the largest."""
    counts = [first]
    while counts[-1] < most:
        counts.append(min(most, ceil(GROWTH * counts[-1])))
    return tuple(counts)


def share_of_look(counts: Sequence[int], place: int) -> float:
    """Return the share of the error rate left by earlier looks that the look after a round may spend.

    Args:
        counts: Number of seeds after each round.
        place: Index of the round.
    """
    before, after = (
        SPENT_IN_ALL * float((counts[round_] / counts[-1]) ** POWER_OF_SHARE) if round_ >= 0 else 0.0
        for round_ in (place - 1, place)
    )
    return (after - before) / (1 - before)


def is_settled(pair: RulePair) -> bool:
    """Return whether a pair needs no further seeds: it has a verdict, is no pair, or is not to be tested."""
    return pair.is_same_network or not pair.is_planned or pair.is_significant or pair.is_alike


def list_open_rules(comparison: RuleComparison) -> tuple[str, ...]:
    """Return the rules of a comparison whose networks need further seeds, with the others of the same networks."""
    needed = {rule for pair in comparison.pairs if not is_settled(pair) for rule in (pair.first, pair.second)}
    twins = {pair.second for pair in comparison.pairs if pair.is_same_network and pair.first in needed}
    return tuple(rule for rule in comparison.rules if rule in needed | twins)


def count_open_pairs(comparisons: Iterable[RuleComparison]) -> int:
    """Return the number of pairs that are not settled."""
    return sum(not is_settled(pair) for comparison in comparisons for pair in comparison.pairs)
