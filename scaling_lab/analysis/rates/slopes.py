"""Whether the best learning rate moves with the size of the network: slopes over the networks of a setting.

A slope of -1 means that the best rate halves with each doubling. Depth, width and side are fitted together, because
rules change several at once; FLOPs alone. The standard error is the root of the mean square by which the slopes of
resamples, in which every rate is chosen anew, differ from the slope; it is larger where the networks scatter about the
fit more than their seeds explain (Birge's ratio). A network whose best rate is at the edge of the grid counts at the
edge, which draws slopes towards 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

import numpy as np
from scipy.special import ndtri

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.rates.best import BestRate
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import ALPHA

DIMENSIONS = {"depth": "d_got", "width": "w_got", "side": "r_got"}
FLOPS = {"FLOPs": "times_flops_got"}
MIN_RATIO = 1.25
"""Least ratio of the largest and the smallest multiplier for a slope."""


@dataclass(frozen=True)
class RateSlope:
    """Change of the logarithm of the best rate with that of a multiplier.

    Attributes:
        along: depth, width, side or FLOPs.
        value: The slope, in doublings of the rate per doubling; None if it is unknown.
        interval: Its 95 % interval; None with too few seeds.
        reason: Why it is unknown; None if it is known.
    """

    along: str
    value: float | None = None
    interval: tuple[float, float] | None = None
    reason: str | None = None

    @property
    def is_significant(self) -> bool:
        """Whether the interval excludes 0."""
        return self.interval is not None and (self.interval[0] > 0 or self.interval[1] < 0)


@dataclass(frozen=True)
class RateTrend:
    """The slopes of a setting.

    Attributes:
        networks: Number of networks.
        at_edge: Those whose best rate is at the edge of the grid.
    """

    setting: Setting
    networks: int
    at_edge: int
    slopes: tuple[RateSlope, ...]


def fit_trends(rates: Sequence[BestRate]) -> list[RateTrend]:
    """Return the slopes of each setting, along depth, width, side and FLOPs."""
    groups: dict[Setting, list[BestRate]] = {}
    for rate in rates:
        if all(np.isfinite(rate.grid.multiplier(name)) for name in (DIMENSIONS | FLOPS).values()):
            groups.setdefault(rate.grid.setting, []).append(rate)
    return [
        RateTrend(
            setting, len(group), sum(rate.edge != 0 for rate in group), (*_fit(group, DIMENSIONS), *_fit(group, FLOPS))
        )
        for setting, group in groups.items()
    ]


def _fit(rates: Sequence[BestRate], names: dict[str, str]) -> list[RateSlope]:
    logs = {along: np.log2([rate.grid.multiplier(name) for rate in rates]) for along, name in names.items()}
    varied = [along for along, values in logs.items() if np.ptp(values) >= log2(MIN_RATIO)]
    unknown = {
        along: RateSlope(along, reason="the networks do not differ in it") for along in names if along not in varied
    }
    design = np.stack([np.ones(len(rates)), *(logs[along] for along in varied)], axis=1)
    least = design.shape[1] + 1
    if len(rates) < least:
        few = f"it needs {least} networks"
        return [unknown.get(along) or RateSlope(along, reason=few) for along in names]
    if np.linalg.matrix_rank(design) < design.shape[1]:
        same = f"{', '.join(varied)} change together"
        return [unknown.get(along) or RateSlope(along, reason=same) for along in names]
    values, intervals = _solve(design, rates)
    slopes = {along: RateSlope(along, values[place], intervals[place]) for place, along in enumerate(varied)}
    return [unknown.get(along) or slopes[along] for along in names]


def _solve(design: FloatArray, rates: Sequence[BestRate]) -> tuple[list[float], list[tuple[float, float] | None]]:
    """Return the coefficients after the first, and their intervals."""
    best = np.array([log2(rate.value) for rate in rates])
    solver = np.linalg.pinv(design)
    coefficients = solver @ best
    values = [float(value) for value in coefficients[1:]]
    if any(rate.resamples.size == 0 for rate in rates):
        return values, [None] * len(values)
    drawn = np.stack(
        [np.clip(rate.resamples, log2(rate.grid.factors[0]), log2(rate.grid.factors[-1])) for rate in rates]
    )
    noise = drawn - best[:, None]
    residuals = best - design @ coefficients
    expected = float(np.square(noise - design @ (solver @ noise)).sum(axis=0).mean())
    ratio = float(residuals @ residuals) / expected if expected > 0 else 1.0
    errors = np.sqrt(max(1.0, ratio) * np.square(solver @ noise).mean(axis=1))[1:]
    widths = float(ndtri(1 - ALPHA / 2)) * errors
    return values, [(value - float(width), value + float(width)) for value, width in zip(values, widths, strict=True)]
