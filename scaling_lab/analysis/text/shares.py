"""Describe surfaces over the triangle of shares in sentences that claim no more than their intervals support."""

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.shares.surface import MAX_DISTANCE, ShareSurface, Standing
from scaling_lab.analysis.text.metrics import describe_images, format_signed_value
from scaling_lab.formatting import DOTS, MINUS, TIMES, join_words

DIMENSIONS = ("depth", "width", "resolution")
RULE_LABELS = {
    "compound": "compound (the paper's)",
    "fast": "fast (Dollar et al.)",
    "uniform": "uniform (a third each)",
}


def describe_surface(surface: ShareSurface) -> list[str]:
    """Return sentences on the best shares, on the known rules, and on how well the surface fits."""
    if surface.reason:
        return [f"At {surface.times_flops:g}{TIMES}, no best shares: {surface.reason}."]
    sentences, metric = [_describe_best(surface)], surface.metric
    standings = [_format_standing(standing, metric) for standing in surface.standings]
    if surface.standings:
        sentences.append(
            f"{metric.unit.capitalize()} from the best point: {'; '.join(standings)}. Brackets are "
            f"intervals for other seeds and {describe_images(metric)} that hold together in 95 %; one that ends at 0 "
            "means that the rule may itself be the best point. Rules without a network within "
            f"{100 * MAX_DISTANCE:.0f} of their shares are left out."
        )
    return [*sentences, _describe_fit(surface)]


def format_shares(point: NDArray[np.float64]) -> str:
    """Return the depth, width and resolution share of a point in whole percent."""
    shares = (point[0], 1 - point.sum(), point[1])
    return ", ".join(f"{name} {_format_percent(share)}" for name, share in zip(DIMENSIONS, shares, strict=True))


def _describe_best(surface: ShareSurface) -> str:
    if surface.best is None or surface.region is None:
        raise ValueError("a surface that is not accepted has no best point")
    level = f"At {surface.times_flops:g}{TIMES}, {len(surface.networks)} networks"
    text = f"{level}: the surface is {surface.metric.best} at {format_shares(surface.best)}"
    if surface.is_extrapolated:
        text += ", outside of the measured networks"
    ranges = ", ".join(
        f"{name} {_format_percent(low)} {DOTS} {_format_percent(high)}"
        for name, (low, high) in zip(DIMENSIONS, surface.region.ranges, strict=True)
    )
    inside = [standing.rule for standing in surface.standings if surface.region.contains(standing.point)]
    rules = f"{join_words(inside)} {'lies' if len(inside) == 1 else 'lie'}" if inside else "none lies"
    return (
        f"{text}. With 95 % confidence the best point is within {ranges}; of the known rules that have a network "
        f"nearby, {rules} in this region."
    )


def _format_standing(standing: Standing, metric: Metric) -> str:
    name = RULE_LABELS.get(standing.rule, standing.rule)
    low, high = (format_signed_value(end, metric) for end in standing.interval)
    return f"{name} {format_signed_value(standing.difference, metric)} ({low} {DOTS} {high})"


def _describe_fit(surface: ShareSurface) -> str:
    metric, digits = surface.metric, 2 + surface.metric.digits
    residual = f"{metric.scale * surface.residual:.{digits}f}"
    noise = f"noise alone would cause about {metric.scale * (surface.expected or 0):.{digits}f}"
    return (
        f"The networks deviate from the surface by {residual} {metric.unit} (root mean square); {noise}: "
        f"there is no sign of a lack of fit (p = {surface.misfit:.2g})."
    )


def _format_percent(share: float) -> str:
    return f"{round(100 * share) + 0} %".replace("-", MINUS)
