"""Predict accuracy from a fitted scaling curve, within its valid range."""

from dataclasses import dataclass

import numpy as np

from scaling_lab.analysis.curves.fit import ScalingCurve
from scaling_lab.analysis.stats.noise import MIN_FIT_P


@dataclass(frozen=True)
class Prediction:
    """Predicted accuracy at some FLOPs, 0 to 1, and its 95 % interval; None without a band."""

    flops: float
    accuracy: float
    interval: tuple[float, float] | None


def predict_accuracy(curve: ScalingCurve, flops: float) -> Prediction:
    """Predict the accuracy at some FLOPs (multiply-adds).

    Raises:
        ValueError: There is no curve, or the FLOPs are outside of its valid range.
    """
    position = np.array([flops], dtype=float)
    accuracy = float(curve.accuracy(position)[0])
    low, high = curve.valid_range
    if not low <= flops <= high:
        first, last = curve.points[0].flops, curve.points[-1].flops
        allowed = (
            f"is predicted from {low:g} (half the smallest) to {high:g} (twice the largest)"
            if curve.may_extrapolate
            else f"is not predicted beyond, because its fit is not accepted (misfit p above {MIN_FIT_P:g} is needed)"
        )
        raise ValueError(f"flops is {flops:g}; {curve.rule} was measured from {first:g} to {last:g} and {allowed}")
    band = curve.band(position)
    return Prediction(flops, accuracy, (float(band[0][0]), float(band[1][0])) if band else None)
