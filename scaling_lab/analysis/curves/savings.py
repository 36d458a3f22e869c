"""FLOPs saved at equal accuracy: how many times fewer one rule needs for what another reaches at its largest budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.curves.fit import ScalingCurve
from scaling_lab.analysis.metrics import ACCURACY, Metric
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import CONFIDENCE
from scaling_lab.analysis.stats.power_law import PowerLaw


@dataclass(frozen=True)
class FlopsSaving:
    """FLOPs that one rule needs for the accuracy that another reaches at its largest budget.

    Attributes:
        reference: Rule whose accuracy at its largest measured FLOPs is the target.
        other: Rule whose FLOPs for that accuracy are estimated.
        flops: Multiply-adds of the reference.
        accuracy: The target on the reference's curve, 0 to 1; by loss, 1 less the loss.
        factor: FLOPs of the reference over those of the other; None if the other does not reach the accuracy up to
            twice its largest FLOPs.
        is_lower_bound: Whether the factor is above `max_factor`, which is given instead.
        interval: 95 % interval of the factor, None without bands; an end outside of the valid factors is None.
        min_factor: Smallest factor at which the other's curve may be evaluated.
        max_factor: Largest such factor.
        may_extrapolate: Whether the other's curve is read beyond its measured FLOPs.
        metric: The measurement of the curves.
    """

    setting: Setting
    reference: str
    other: str
    flops: float
    accuracy: float
    factor: float | None
    is_lower_bound: bool
    interval: tuple[float | None, float | None] | None
    min_factor: float
    max_factor: float
    may_extrapolate: bool = True
    metric: Metric = ACCURACY


def measure_saving(reference: ScalingCurve, other: ScalingCurve) -> FlopsSaving:
    """Compare two curves of one setting.

    Raises:
        ValueError: A curve is not fitted, or the curves do not share their noise.
    """
    for curve in (reference, other):
        if curve.law is None:
            raise ValueError(f"{curve.rule} has no curve: {curve.reason}")
    if reference.noise is not other.noise:
        raise ValueError(f"the curves of {reference.rule} and {other.rule} do not come from one call of fit_curves")
    flops = reference.points[-1].flops
    low, high = other.valid_range
    least, most = flops / high, flops / low
    factor = float(_compute_factors(reference.law, other.law, flops, reference, other)[0])
    return FlopsSaving(
        setting=reference.setting,
        reference=reference.rule,
        other=other.rule,
        flops=flops,
        accuracy=float(reference.accuracy(np.array([flops]))[0]),
        factor=None if factor < least else min(factor, most),
        is_lower_bound=factor > most,
        interval=_compute_interval(reference, other, flops, least, most),
        min_factor=least,
        max_factor=most,
        may_extrapolate=other.may_extrapolate,
        metric=reference.metric,
    )


def measure_savings(curves: Sequence[ScalingCurve]) -> list[FlopsSaving]:
    """Compare each pair of fitted curves of a setting; the lower one at the largest common FLOPs is the reference."""
    savings = []
    fitted = [curve for curve in curves if curve.law is not None]
    for first, second in combinations(fitted, 2):
        if first.noise is second.noise:
            flops = np.array([min(first.points[-1].flops, second.points[-1].flops)])
            lower, higher = sorted((first, second), key=lambda curve: float(curve.accuracy(flops)[0]))
            savings.append(measure_saving(lower, higher))
    return savings


def _compute_interval(
    reference: ScalingCurve, other: ScalingCurve, flops: float, least: float, most: float
) -> tuple[float | None, float | None] | None:
    if reference.redrawn_law is None or other.redrawn_law is None:
        return None
    factors = _compute_factors(reference.redrawn_law, other.redrawn_law, flops, reference, other)
    ends = np.quantile(factors, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    low, high = (float(end) if least <= end <= most else None for end in ends)
    return low, high


def _compute_factors(
    reference_law: PowerLaw | None,
    other_law: PowerLaw | None,
    flops: float,
    reference: ScalingCurve,
    other: ScalingCurve,
) -> NDArray[np.float64]:
    """Return the reference's FLOPs over those at which the other's curve has its error; 0 if it never has."""
    if reference_law is None or other_law is None:
        raise ValueError("both curves must be fitted")
    errors = reference_law.errors_at(np.array([flops]) / reference.first_flops)[:, 0]
    with np.errstate(over="ignore"):  # an overflow to infinity gives the factor 0
        return np.asarray(flops / (other_law.solve_x(errors) * other.first_flops))
