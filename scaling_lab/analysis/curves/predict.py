"""Predict accuracy from a fitted scaling curve, within its valid range."""

from dataclasses import dataclass

import numpy as np

from scaling_lab.analysis.curves.fit import EXTRAPOLATION, ScalingCurve


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
        raise ValueError(
            f"flops is {flops:g}; {curve.rule} was measured from {low * EXTRAPOLATION:g} to {high / EXTRAPOLATION:g} "
            f"and is predicted from {low:g} (half the smallest) to {high:g} (twice the largest)"
        )
    band = curve.band(position)
    return Prediction(flops, accuracy, (float(band[0][0]), float(band[1][0])) if band else None)
