"""Comparisons in sentences that claim no more than seeds and test pictures allow."""

from collections.abc import Sequence

from scaling_lab.analysis.compare import QUIET, Comparison, Pair
from scaling_lab.analysis.evidence import COSTS
from scaling_lab.analysis.stats.contrast import CONFIDENCE, ENOUGH
from scaling_lab.analysis.stats.seed_correlation import Pairing
from scaling_lab.analysis.text.pairs import difference, sentence
from scaling_lab.formatting import MINUS, TIMES, format_magnitude, format_points, join_words, pluralize


def title(comparison: Comparison) -> str:
    """Where the rules are compared."""
    return f"{where(comparison)}; {comparison.setting}"


def where(comparison: Comparison) -> str:
    """Family and level: `efficientnet_b0_small at 2x the baseline's FLOPs`."""
    if comparison.cost == "flops":
        level = f"{comparison.level:g}{TIMES} the baseline's FLOPs (multiply-adds)"
    else:
        level = f"{amount(comparison.cost, comparison.level)}"
    return f"{comparison.setting.family} at {level}"


def amount(cost: str, level: float) -> str:
    """A level of a cost with its unit."""
    if cost == "latency":
        return f"{1000 * level:.3g} ms a picture"
    if cost == "train_seconds":
        return f"{level:.3g} s of training"
    return f"{format_magnitude(level)} {COSTS[cost]}"


def headline(comparison: Comparison) -> str:
    """Who is ahead, and of whom that can be said."""
    pairs = [pair for pair in comparison.pairs if not pair.same]
    if not pairs:
        return _nothing(comparison)
    if all(pair.p is None for pair in pairs):
        return _doubt(comparison) or _too_few(comparison)
    if not any(pair.told_apart for pair in pairs):
        return f"No two of {join_words(named(rule, comparison) for rule in networks(comparison))} are told apart."
    own = [pair for pair in pairs if pair.first == leader(comparison)]
    beaten = [pair for pair in own if pair.told_apart]
    level = [pair.second for pair in own if not pair.told_apart and pair.p is not None]
    untested = [pair.second for pair in own if pair.p is None]
    best = named(leader(comparison), comparison)
    rest = [f"{join_words(named(rule, comparison) for rule in level)} {_is(level)} not told apart from it"] * bool(
        level
    )
    rest += [f"{join_words(untested)} {_is(untested)} not tested"] * bool(untested)
    if not rest:
        every = "" if len(beaten) == 1 or comparison.off_budget or comparison.without_result else "every other rule: "
        return f"{best} beats {every}{join_words(_by(pair) for pair in beaten)}."
    if not beaten:
        other = sentence(next(pair for pair in pairs if pair.told_apart))
        return f"{best} has the highest mean; {'; '.join(rest)}. {other}"
    return f"{best} has the highest mean and beats {join_words(_by(pair) for pair in beaten)}; {'; '.join(rest)}."


def leader(comparison: Comparison) -> str:
    """The rule with the highest mean. Raises StopIteration without rules."""
    lower = {pair.second for pair in comparison.pairs if not pair.same and pair.difference > 0}
    return next(rule for rule in networks(comparison) if rule not in lower)


def networks(comparison: Comparison) -> list[str]:
    """A rule for each network: the first of those that came to it."""
    twins = {pair.second for pair in comparison.pairs if pair.same}
    return [rule for rule in comparison.rules if rule not in twins]


def sentences(comparison: Comparison) -> list[str]:
    """What can be said of each pair, what was left out, and how noisy one network's accuracy is."""
    said = [sentence(pair) for pair in comparison.pairs]
    tested = sum(pair.p is not None for pair in comparison.pairs)
    if tested:
        said.append(
            f"Brackets are {100 * CONFIDENCE:.0f} % intervals for other seeds and other test pictures; a verdict needs "
            f"p < {1 - CONFIDENCE:.2f} after Holm's correction for {pluralize(tested, 'pair')}."
        )
    if comparison.pairing:
        said.append(paired(comparison.pairing))
    if comparison.off_budget and comparison.cost == "flops":
        said.append(
            "Left out, because the FLOPs (multiply-adds) got are off the budget by more than 2 % (5 % for a rule "
            f"without width): {join_words(comparison.off_budget)}."
        )
    elif comparison.off_budget:
        said.append(f"Not trained up to this cost: {join_words(comparison.off_budget)}.")
    if comparison.without_result:
        said.append(f"Without a finished result: {join_words(comparison.without_result)}.")
    if comparison.fewer:
        few = join_words(f"{rule} {have} of {asked}" for rule, have, asked in comparison.fewer)
        said.append(f"Fewer seeds have finished than were asked: {few}.")
    if comparison.sampling is not None:
        said.append(
            f"One network's accuracy on {comparison.test_pictures:,} test pictures has a standard error of "
            f"{100 * comparison.sampling:.1f} points from the choice of pictures alone."
        )
    return said


def paired(pairing: Pairing) -> str:
    """Whether seeds go together."""
    told = f"The same seed in different networks goes together by r = {pairing.correlation:.2f}".replace("-", MINUS)
    if pairing.used:
        return f"{told} (p = {pairing.p:.1g}): differences are taken seed by seed."
    return f"{told} (p = {pairing.p:.2g}): seeds are not paired."


def named(rule: str, comparison: Comparison) -> str:
    """A rule and the others that came to the same network: `compound (= uniform)`."""
    twins = [pair.second for pair in comparison.pairs if pair.same and pair.first == rule]
    return f"{rule} (= {', '.join(twins)})" if twins else rule


def _is(words: Sequence[str]) -> str:
    return "is" if len(words) == 1 else "are"


def _nothing(comparison: Comparison) -> str:
    if not comparison.rules:
        return "No rule has a finished result here: nothing can be compared."
    if len(comparison.rules) > 1:
        return f"{join_words(comparison.rules)} came to the same network: there is nothing to compare it with."
    return f"Only {comparison.rules[0]} has a finished result here: there is nothing to compare it with."


def _doubt(comparison: Comparison) -> str:
    """Why costs that differ from seed to seed allow no verdict; empty where they do not."""
    if comparison.unrest <= QUIET:
        return ""
    return (
        f"No winner can be named: seeds of one network differ by up to {comparison.unrest:.1f}{TIMES} in "
        f"{COSTS[comparison.cost]}, so the machine was not quiet and nothing is surely equal."
    )


def _too_few(comparison: Comparison) -> str:
    open_ = [pair for pair in comparison.pairs if not pair.same]
    seeds = min(min(pair.seeds) for pair in open_)
    if seeds >= ENOUGH:
        return "No seed differs from another: no interval can be given, and no winner be named."
    largest = max(pair.difference for pair in open_)
    inside = sum(pair.spread is not None and pair.difference <= pair.spread for pair in open_)
    of = pluralize(len(open_), "difference")
    verb = "lies" if len(open_) == 1 else "lie"
    within = f"; {inside} of {of} {verb} within what seeds of one rule alone differ by" if inside else ""
    return (
        f"No winner can be named: with {pluralize(seeds, 'seed')}, and fewer than {ENOUGH}, no interval can "
        f"be given. The "
        f"means differ by at most {format_points(largest)} points{within}."
    )


def _by(pair: Pair) -> str:
    return f"{pair.second} by {difference(pair)} points"
