"""Format scores, differences and intervals in the unit of their metric."""

import numpy as np

from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.stats.contrast import Estimate
from scaling_lab.formatting import format_estimate, format_interval, format_points, format_signed


def format_value(value: float, metric: Metric, digits: int = 1) -> str:
    """Return a difference of scores in the metric's unit, without it: `1.2` points, `0.012` nats."""
    return format_points(value * metric.scale / 100, digits + metric.digits)


def format_with_interval(value: float, interval: tuple[float, float] | None, metric: Metric) -> str:
    """Return a difference with its interval: `1.2 (0.6 ... 1.8)`, or `1.2` without one.

    One more digit is used if an end of the interval would be rounded to 0, which hides on which side of 0 it lies.
    """
    if interval is None:
        return format_value(value, metric)
    digits = 2 if any(float(format_value(abs(end), metric)) == 0 for end in interval) else 1
    low, high = (end * metric.scale / 100 for end in interval)
    return f"{format_value(value, metric, digits)} {format_interval((low, high), digits + metric.digits)}"


def format_delta(delta: float, metric: Metric) -> str:
    """Return a smallest difference that matters with its unit, with as many digits as it was given: `0.5 points`."""
    number = f"{metric.scale * delta:.6g}"
    return f"{number} {metric.unit.removesuffix('s') if number == '1' else metric.unit}"


def format_signed_value(value: float, metric: Metric) -> str:
    """Return a signed difference of scores in the metric's unit, without it; zero has no sign."""
    return format_signed(metric.scale * value, 2 + metric.digits)


def format_signed_estimate(estimate: Estimate, sign: int, metric: Metric) -> str:
    """Return a signed difference of scores, times `sign`, with its interval: `+1.20 (+0.60 ... +1.80)`."""
    value, first, second = (sign * metric.scale * number for number in (estimate.value, *estimate.interval()))
    return format_estimate(value, min(first, second), max(first, second), 2 + metric.digits)


def format_measured(score: float, metric: Metric, digits: int = 1) -> str:
    """Return the measured value of a score with its unit: `88.2 %`, `0.312 nats`."""
    return f"{float(metric.restore(np.array(score))):.{digits + metric.digits}f} {metric.value_unit}"


def describe_images(metric: Metric) -> str:
    """Return for which test images intervals hold."""
    return "other test images" if metric.has_answers else "the same test images"
