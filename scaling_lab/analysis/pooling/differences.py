"""The difference of two rules in one setting, or the reason why there is none."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.length_groups import without_length
from scaling_lab.analysis.pair_tests import subtract
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import MIN_SEEDS, Estimate, WeightedCells, merge_cells

OFF_RULE, SAME_NETWORK, FEW_SEEDS, NO_NOISE = "off its rule", "same network", "few seeds", "all seeds agree"
SAME_TRAININGS, OTHER_LENGTH = "same trainings", "other length"
NESTED_IMAGES = {"fashion_mnist": "fashion_mnist_10k"}
"""Data sets with the training images of another one, and the first of its test images."""


@dataclass(frozen=True)
class SettingDifference:
    """The difference of two rules in one setting at equal FLOPs.

    Attributes:
        setting: Family, data set, recipe and the like.
        level: The budget in times the baseline's FLOPs.
        value: Mean of the first rule less that of the second, 0 to 1.
        estimate: The difference with its uncertainty; its sign may be the opposite.
        networks: The weighted networks of which it is the sum.
        look_part: Part of the error rate that the present look at it spends.
    """

    setting: Setting
    level: float
    value: float
    estimate: Estimate
    networks: WeightedCells
    look_part: float

    @property
    def epochs(self) -> int:
        """Epochs of the training; 0 if unknown."""
        return next((cell.epochs for cell, _ in self.networks if cell.epochs is not None), 0)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval for other seeds and other test images."""
        half_width = self.estimate.interval()[1] - self.estimate.value
        return self.value - half_width, self.value + half_width


@dataclass(frozen=True)
class LeftOut:
    """A setting that a pooled pair leaves out, with the reason: one of those above.

    Attributes:
        rules: The rules that are the reason.
    """

    setting: Setting
    reason: str
    rules: tuple[str, ...]


def find_difference(comparison: RuleComparison, first: str, second: str) -> SettingDifference | LeftOut | None:
    """Return the difference of two rules in one setting, or why it is left out; None if a rule has no result there."""
    if first not in comparison.rules or second not in comparison.rules:
        return None
    setting, rules = comparison.setting, (first, second)
    if off := tuple(rule for rule in rules if rule in comparison.off_rule):
        return LeftOut(setting, OFF_RULE, off)
    pair = comparison.find_pair(first, second)
    if pair is None or pair.is_same_network:
        return LeftOut(setting, SAME_NETWORK, rules)
    if pair.estimate is None:
        few = min(pair.seeds) < MIN_SEEDS
        return LeftOut(setting, FEW_SEEDS if few else NO_NOISE, rules)
    networks = subtract(comparison.candidates[first], comparison.candidates[second])
    sign = 1 if pair.first == first else -1
    return SettingDifference(
        setting, comparison.level, sign * pair.estimate.value, pair.estimate, networks, pair.look_part
    )


def leave_out_repeated(
    parts: Iterable[SettingDifference | LeftOut], rules: tuple[str, str]
) -> list[SettingDifference | LeftOut]:
    """Leave out differences that are no further evidence on settings.

    These are all but the longest training of one setting, all but the first difference of the same results, and those
    that a nested data set repeats.
    """
    parts = list(parts)
    longest = _find_longest(part for part in parts if isinstance(part, SettingDifference))
    seen: set[object] = set()
    counted: list[SettingDifference | LeftOut] = []
    for part in parts:
        if isinstance(part, LeftOut):
            counted.append(part)
        elif longest[without_length(part.setting)] is not part:
            counted.append(LeftOut(part.setting, OTHER_LENGTH, rules))
        else:
            larger = NESTED_IMAGES.get(part.setting.dataset, "")
            results = frozenset((cell.keys, round(weight, 9)) for cell, weight in merge_cells(part.networks))
            repeated = results in seen or without_length(replace(part.setting, dataset=larger)) in longest
            seen.add(results)
            counted.append(LeftOut(part.setting, SAME_TRAININGS, rules) if repeated else part)
    return counted


def _find_longest(differences: Iterable[SettingDifference]) -> dict[Setting, SettingDifference]:
    """Return the difference after the most epochs, of those that differ in settings of length alone; else the first."""
    longest: dict[Setting, SettingDifference] = {}
    for difference in differences:
        known = longest.setdefault(without_length(difference.setting), difference)
        if difference.epochs > known.epochs:
            longest[without_length(difference.setting)] = difference
    return longest
