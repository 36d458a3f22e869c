"""Compare verdicts between training lengths: settings that differ in the number of epochs alone.

A verdict at each length is that of its own comparison. Whether it changes is a test of its own: that one difference is
significant and the other is not does not show that they differ. So each pair's difference at a longer training less
that at the shortest is a weighted sum of four networks, tested as any other (`stats.contrast`, `pair_tests`); p values
are adjusted for all pairs and lengths of the budget.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.length_groups import group_by_length, split_recipe
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.pair_tests import SeedNoise, measure_seed_noise, run_at_looks, subtract
from scaling_lab.analysis.rule_pairs import RulePair
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import ALPHA, Estimate, WeightedCells, estimate_contrast
from scaling_lab.analysis.stats.holm import adjust_p_values
from scaling_lab.analysis.stats.looks import Look, LookedAt, list_looks

_SHORT, _LONG = "short", "long"


@dataclass(frozen=True)
class LengthChange:
    """How much a difference of two rules changes from the shortest training to a longer one.

    Attributes:
        estimate: The change with its uncertainty; None without an interval.
        p: Two-sided p value adjusted by Holm's method for all pairs and lengths of the budget; None without a test.
    """

    estimate: Estimate | None
    p: float | None = None

    @property
    def is_significant(self) -> bool:
        """Whether the adjusted p value is below 0.05."""
        return self.p is not None and self.p < ALPHA


@dataclass(frozen=True)
class PairAtLength:
    """Two rules at one length of training.

    Attributes:
        value: Mean score of the first less that of the second.
        pair: Their comparison at this length, the rule with the higher mean first.
        winner: The rule that is significantly better; None if neither is.
        change: Change of the difference since the shortest training; None at the shortest.
    """

    epochs: int
    value: float
    pair: RulePair
    winner: str | None
    change: LengthChange | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the difference; None without one."""
        if self.pair.estimate is None:
            return None
        return replace(self.pair.estimate, value=self.value).interval()


@dataclass(frozen=True)
class PairOverLengths:
    """Two rules at every length at which both have results, the shortest first."""

    first: str
    second: str
    at: tuple[PairAtLength, ...]


@dataclass(frozen=True)
class LengthComparison:
    """The rules of one family at one budget, trained for several lengths.

    Attributes:
        setting: That of the shortest training; `recipe` lacks the settings that are given in epochs.
        comparisons: The comparison at each length, by epochs, the shortest first.
        pairs: Planned pairs of rules, or all.
        also_varied: Further settings of the recipe that differ, such as `warmup_epochs`.
        tests: Number of changes that were tested, for which p values are adjusted.
    """

    setting: Setting
    level: float
    metric: Metric
    comparisons: Mapping[int, RuleComparison]
    pairs: tuple[PairOverLengths, ...]
    also_varied: tuple[str, ...] = ()
    tests: int = 0

    @property
    def epochs(self) -> tuple[int, ...]:
        """The lengths in epochs, the shortest first."""
        return tuple(self.comparisons)


def compare_lengths(comparisons: Iterable[RuleComparison], looks: Sequence[Look] = ()) -> list[LengthComparison]:
    """Return the comparison of lengths of each family and budget that was trained for several numbers of epochs.

    Args:
        comparisons: Comparisons at requested budgets (`compare.compare_rules`).
        looks: Earlier looks at the verdicts of the study, oldest first.
    """
    return [_compare(group, looks) for group in group_by_length(comparisons)]


def _compare(group: dict[int, RuleComparison], looks: Sequence[Look]) -> LengthComparison:
    shortest, *_, longest = group.values()
    history = _list_history(group, looks)
    pairs = [_follow_pair(first, second, group, history) for first, second in _list_pairs(group, longest)]
    pairs = [pair for pair in pairs if len(pair.at) > 1]
    tests = [change.p for pair in pairs for at in pair.at if (change := at.change) and change.p is not None]
    adjusted = iter(adjust_p_values(tests))
    splits = [split_recipe(comparison.setting.recipe)[1] for comparison in group.values()]
    others = sorted({name for split in splits for name in split} - {"epochs"})
    return LengthComparison(
        setting=replace(shortest.setting, recipe=split_recipe(shortest.setting.recipe)[0]),
        level=shortest.level,
        metric=shortest.metric,
        comparisons=group,
        pairs=tuple(
            replace(pair, at=tuple(_with_p(at, next(adjusted)) if _is_tested(at) else at for at in pair.at))
            for pair in pairs
        ),
        also_varied=tuple(name for name in others if len({split.get(name) for split in splits}) > 1),
        tests=len(tests),
    )


def _list_pairs(group: dict[int, RuleComparison], longest: RuleComparison) -> list[tuple[str, str]]:
    """Return the planned pairs as planned; without a plan every pair, the rule that leads in the longest one first."""
    rules = list(dict.fromkeys(rule for comparison in reversed(group.values()) for rule in comparison.rules))
    if longest.options.contrasts:
        return [pair for pair in longest.options.contrasts if set(pair) <= set(rules)]
    order = list(dict.fromkeys(rule for pair in longest.pairs for rule in (pair.first, pair.second)))
    order += [rule for rule in rules if rule not in order]
    return list(combinations(order, 2))


def _list_history(group: dict[int, RuleComparison], looks: Sequence[Look]) -> list[tuple[LookedAt, SeedNoise]]:
    """Return the networks of all rules and lengths at each look, with their seed noise, the present one last."""
    candidates: dict[str, WeightedCells] = {
        _name(rule, epochs): weights
        for epochs, comparison in group.items()
        for rule, weights in comparison.candidates.items()
    }
    return [(look, measure_seed_noise(look.candidates)) for look in list_looks(candidates, looks)]


def _follow_pair(
    first: str, second: str, group: dict[int, RuleComparison], history: Sequence[tuple[LookedAt, SeedNoise]]
) -> PairOverLengths:
    at: list[PairAtLength] = []
    for epochs, comparison in group.items():
        pair = comparison.find_pair(first, second)
        if pair is not None:
            value = pair.difference if pair.first == first else -pair.difference
            winner = (first if value > 0 else second) if pair.is_significant else None
            change = _measure_change(first, second, at[0].epochs, epochs, history) if at else None
            at.append(PairAtLength(epochs, value, pair, winner, change))
    return PairOverLengths(first, second, tuple(at))


def _measure_change(
    first: str, second: str, short: int, long: int, history: Sequence[tuple[LookedAt, SeedNoise]]
) -> LengthChange:
    """Return the change of a difference between two lengths, with a p value corrected for looks alone."""
    ends = {_SHORT: (_name(first, short), _name(second, short)), _LONG: (_name(first, long), _name(second, long))}
    looks = [
        (
            LookedAt({end: subtract(*(at.candidates[name] for name in names)) for end, names in ends.items()}, at.look),
            by,
        )
        for at, by in history
        if all(name in at.candidates for names in ends.values() for name in names)
    ]
    looked_at, noise = looks[-1]
    weights = subtract(looked_at.candidates[_LONG], looked_at.candidates[_SHORT])
    estimate = estimate_contrast(weights, noise.is_paired)
    return LengthChange(estimate, run_at_looks(_LONG, _SHORT, looks)[0].p if estimate else None)


def _name(rule: str, epochs: int) -> str:
    return f"{rule} after {epochs}"


def _is_tested(at: PairAtLength) -> bool:
    return at.change is not None and at.change.p is not None


def _with_p(at: PairAtLength, p: float) -> PairAtLength:
    return replace(at, change=replace(at.change, p=p)) if at.change else at
