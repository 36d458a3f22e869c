"""Describe surfaces over the triangle of shares in sentences that claim no more than their intervals support."""

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.shares.surface import ShareSurface, Standing
from scaling_lab.formatting import DOTS, MINUS, TIMES, format_signed_points, join_words

DIMENSIONS = ("depth", "width", "resolution")
RULE_LABELS = {
    "compound": "compound (the paper's)",
    "fast": "fast (Dollar et al.)",
    "uniform": "uniform (a third each)",
}


def describe_surface(surface: ShareSurface) -> list[str]:
    """Return sentences on the best shares, on the known rules, and on how well the surface fits."""
    level = f"At {surface.times_flops:g}{TIMES}"
    if not surface.degree:
        return [f"{level}, no surface over the shares: {surface.reason}."]
    is_plane = surface.degree == 1
    if is_plane:
        sentences = [f"{level}, only a plane was fitted, which has no best shares: {surface.reason}."]
    else:
        sentences = [_describe_best(surface)]
    reference = "from equal shares, along the plane" if is_plane else "from the best point"
    sentences.append(f"Points {reference}: {'; '.join(map(_format_standing, surface.standings))}.")
    if any(standing.is_extrapolated for standing in surface.standings):
        sentences.append("Rules marked * lie outside of the measured networks.")
    sentences.append(_describe_fit(surface))
    if not surface.no_interval_reason:
        best = "" if is_plane else "; one that ends at 0 means that the rule may itself be the best point"
        sentences.append(f"Brackets are 95 % intervals for other seeds and other test images, each on its own{best}.")
    return sentences


def format_shares(point: NDArray[np.float64]) -> str:
    """Return the depth, width and resolution share of a point in whole percent."""
    shares = (point[0], 1 - point.sum(), point[1])
    return ", ".join(f"{name} {_format_percent(share)}" for name, share in zip(DIMENSIONS, shares, strict=True))


def _describe_best(surface: ShareSurface) -> str:
    if surface.best is None:
        raise ValueError("a plane has no best point")
    level = f"At {surface.times_flops:g}{TIMES}, {len(surface.networks)} networks"
    text = f"{level}: the surface is highest at {format_shares(surface.best)}"
    if surface.is_extrapolated:
        text += ", outside of the measured networks"
    if surface.region is None:
        return f"{text}; no confidence region, because {surface.no_interval_reason}."
    ranges = ", ".join(
        f"{name} {_format_percent(low)} {DOTS} {_format_percent(high)}"
        for name, (low, high) in zip(DIMENSIONS, surface.region.ranges, strict=True)
    )
    inside = [standing.rule for standing in surface.standings if surface.region.contains(standing.point)]
    rules = f"{join_words(inside)} {'lies' if len(inside) == 1 else 'lie'}" if inside else "none lies"
    return f"{text}. With 95 % confidence the best point is within {ranges}; of the known rules {rules} in this region."


def _format_standing(standing: Standing) -> str:
    name = RULE_LABELS.get(standing.rule, standing.rule) + "*" * standing.is_extrapolated
    if standing.interval is None:
        return f"{name} {format_signed_points(standing.difference)}"
    low, high = map(format_signed_points, standing.interval)
    return f"{name} {format_signed_points(standing.difference)} ({low} {DOTS} {high})"


def _describe_fit(surface: ShareSurface) -> str:
    text = f"The networks deviate from the surface by {100 * surface.residual:.2f} points (root mean square)"
    if surface.expected is None or surface.misfit is None:
        return f"{text}; unknown whether that is noise, because {surface.no_interval_reason}."
    noise = f"noise alone would cause about {100 * surface.expected:.2f}"
    if surface.misfit < 0.05:
        p = "p < 0.001" if surface.misfit < 0.001 else f"p = {surface.misfit:.2g}"
        return f"{text}; {noise}: the surface does not fit ({p}), so its intervals are not valid."
    return f"{text}; {noise}: there is no sign of a lack of fit (p = {surface.misfit:.2g})."


def _format_percent(share: float) -> str:
    return f"{round(100 * share) + 0} %".replace("-", MINUS)
