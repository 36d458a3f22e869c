"""Surfaces over the triangle of shares in sentences that claim no more than their intervals."""

import numpy as np

from scaling_lab.analysis.shares.surface import ShareSurface, Standing
from scaling_lab.formatting import DOTS, MINUS, TIMES, format_signed_points

DIMENSIONS = ("depth", "width", "resolution")
RULE_LABELS = {
    "compound": "compound (the paper's)",
    "fast": "fast (Dollar et al.)",
    "uniform": "uniform (a third each)",
}


def describe_surface(surface: ShareSurface) -> list[str]:
    """The best shares, where the known rules stand, and how well the surface fits."""
    if not surface.degree:
        return [f"At {surface.times_flops:g}{TIMES}: no surface over the shares, because {surface.reason}."]
    if surface.degree == 1:
        said = [f"At {surface.times_flops:g}{TIMES}: {surface.reason}, so no best shares can be named."]
    else:
        said = [_best(surface)]
    from_what = "the best point" if surface.degree == 2 else "equal shares, along the plane"
    said.append(f"Points from {from_what}: {'; '.join(map(_standing, surface.standings))}.")
    if any(each.extrapolated for each in surface.standings):
        said.append("What is marked * lies outside of the measured networks.")
    said.append(_fit(surface))
    if not surface.no_interval_reason:
        best = " from the best point, whichever it is; one that ends at 0 leaves open that the rule is the best itself"
        said.append(
            "Brackets are 95 % intervals for other seeds and other test pictures, each for itself"
            f"{best if surface.degree == 2 else ''}."
        )
    return said


def format_shares(point: np.ndarray) -> str:
    """Depth, width and resolution share of a point in whole percent."""
    whole = (point[0], 1 - point.sum(), point[1])
    return ", ".join(f"{name} {_percent(share)}" for name, share in zip(DIMENSIONS, whole, strict=True))


def _best(surface: ShareSurface) -> str:
    if surface.best is None:
        raise ValueError("a plane has no best point")
    where = f"At {surface.times_flops:g}{TIMES}, {len(surface.networks)} networks"
    said = f"{where}: the surface is highest at {format_shares(surface.best)}"
    if surface.extrapolated:
        said += ", outside of the measured networks"
    if surface.region is None:
        return f"{said}; no region can be given: {surface.no_interval_reason}."
    ranges = zip(DIMENSIONS, surface.region.ranges, strict=True)
    listed = ", ".join(f"{name} {_percent(low)} {DOTS} {_percent(high)}" for name, (low, high) in ranges)
    held = [each.rule for each in surface.standings if surface.region.contains(each.point)]
    inside = f"{', '.join(held)} {'lies' if len(held) == 1 else 'lie'} inside" if held else "none lies inside"
    return f"{said}. At 95 % the best point lies within {listed}; of the known rules {inside}."


def _standing(standing: Standing) -> str:
    name = RULE_LABELS.get(standing.rule, standing.rule) + "*" * standing.extrapolated
    if standing.interval is None:
        return f"{name} {format_signed_points(standing.difference)}"
    low, high = map(format_signed_points, standing.interval)
    return f"{name} {format_signed_points(standing.difference)} ({low} {DOTS} {high})"


def _fit(surface: ShareSurface) -> str:
    said = f"The networks lie {100 * surface.residual:.2f} points off the surface (root mean square)"
    if surface.expected is None or surface.misfit is None:
        return f"{said}; whether that is noise cannot be told: {surface.no_interval_reason}."
    noise = f"noise alone would leave about {100 * surface.expected:.2f}"
    if surface.misfit < 0.05:
        p = "p < 0.001" if surface.misfit < 0.001 else f"p = {surface.misfit:.2g}"
        return f"{said}; {noise}: the surface does not fit ({p}), and its intervals do not hold."
    return f"{said}; {noise}: no lack of fit can be seen (p = {surface.misfit:.2g})."


def _percent(share: float) -> str:
    return f"{round(100 * share) + 0} %".replace("-", MINUS)
