"""FLOPs saved at equal accuracy: how many times fewer one rule needs for what another reaches at its largest budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from scaling_lab.analysis.curves.fit import ScalingCurve
from scaling_lab.analysis.evidence import Setting
from scaling_lab.analysis.stats.contrast import CONFIDENCE
from scaling_lab.analysis.stats.power_law import PowerLaw


@dataclass(frozen=True)
class FlopsSaving:
    """What `other` needs for the fitted accuracy (0 to 1) of `reference` at its largest measured FLOPs.

    factor: the reference's FLOPs over the other's; None where the other does not come to the accuracy up to twice its
    largest FLOPs. The other's curve can be read for factors from `least` to `most`. interval: 95 %, an end being None
    where it lies beyond these; None without bands. more: the factor lies above `most`, which stands for it.
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


def measure_saving(reference: ScalingCurve, other: ScalingCurve) -> FlopsSaving:
    """Compares two curves of one setting. Raises ValueError where one is not fitted, or of curves not made together."""
    for curve in (reference, other):
        if curve.law is None:
            raise ValueError(f"{curve.rule} has no curve: {curve.reason}")
    if reference.noise is not other.noise:
        raise ValueError(f"{reference.rule} and {other.rule} are not curves of one setting, made together")
    flops = reference.points[-1].flops
    low, high = other.valid_range
    least, most = flops / high, flops / low
    factor = float(_factors(reference.law, other.law, flops, reference, other)[0])
    return FlopsSaving(
        setting=reference.setting,
        reference=reference.rule,
        other=other.rule,
        flops=flops,
        accuracy=float(reference.accuracy(np.array([flops]))[0]),
        factor=None if factor < least else min(factor, most),
        is_lower_bound=factor > most,
        interval=_interval(reference, other, flops, least, most),
        min_factor=least,
        max_factor=most,
    )


def measure_savings(curves: Sequence[ScalingCurve]) -> list[FlopsSaving]:
    """Each pair of fitted curves of one setting once; the reference is the lower one at the FLOPs that both reached."""
    found = []
    fitted = [curve for curve in curves if curve.law is not None]
    for one, another in combinations(fitted, 2):
        if one.noise is another.noise:
            at = np.array([min(one.points[-1].flops, another.points[-1].flops)])
            lower, higher = sorted((one, another), key=lambda curve: float(curve.accuracy(at)[0]))
            found.append(measure_saving(lower, higher))
    return found


def _interval(
    reference: ScalingCurve, other: ScalingCurve, flops: float, least: float, most: float
) -> tuple[float | None, float | None] | None:
    if reference.redrawn_law is None or other.redrawn_law is None:
        return None
    factors = _factors(reference.redrawn_law, other.redrawn_law, flops, reference, other)
    ends = np.quantile(factors, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    low, high = (float(end) if least <= end <= most else None for end in ends)
    return low, high


def _factors(
    of: PowerLaw | None, law: PowerLaw | None, flops: float, reference: ScalingCurve, other: ScalingCurve
) -> np.ndarray:
    """The reference's FLOPs over those at which the other's curve has its error; 0 where it never has."""
    if of is None or law is None:
        raise ValueError("both curves must be fitted")
    errors = of.errors_at(np.array([flops]) / reference.first_flops)[:, 0]
    with np.errstate(over="ignore"):  # beyond all numbers is never
        return flops / (law.solve_x(errors) * other.first_flops)
