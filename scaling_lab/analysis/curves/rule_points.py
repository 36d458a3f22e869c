"""The points of each rule of a study, with the noise that the rules of a setting share."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.curves.budgets import CurvePoint, collect_curve_points
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.noise import NoiseDraws, draw_noise


@dataclass(frozen=True, eq=False)
class SettingNoise:
    """The networks of a setting and the joint draws of their noise, made on first use."""

    cells: tuple[Cell, ...]
    count: int

    @cached_property
    def draws(self) -> NoiseDraws | None:
        """Joint draws; None if the noise is unknown."""
        return draw_noise(self.cells, self.count)


@dataclass(frozen=True, eq=False)
class RulePoints:
    """The networks of a rule in a setting.

    Attributes:
        points: The networks, by FLOPs.
        reason: Why they allow no curve, as a clause; None if they do.
        noise: Noise of all networks of the setting.
    """

    setting: Setting
    rule: str
    points: tuple[CurvePoint, ...]
    reason: str | None
    noise: SettingNoise


def list_rule_points(evidence: Evidence, count: int) -> Iterator[RulePoints]:
    """Yield the points of each rule, in the table's order.

    Args:
        evidence: The arms of a study.
        count: Number of noise draws.
    """
    for setting in evidence.settings:
        by_rule = collect_curve_points(evidence.arms_of(setting))
        cells = dict.fromkeys(point.cell for points, _ in by_rule.values() for point in points)
        noise = SettingNoise(tuple(cells), count)
        for rule, (points, reason) in by_rule.items():
            yield RulePoints(setting, rule, points, reason, noise)
