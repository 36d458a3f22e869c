"""Published curves, interpolated between their points, and the noise of published numbers.

Published accuracies have no seeds. Their noise is estimated from repeats: two networks that both Figures 3 and 4 show
have two accuracies each. The root mean square of these two differences, times the 97.5 % quantile of Student's t with
as many degrees of freedom, is the margin that a difference of two accuracies must exceed; for a weighted sum of
accuracies it is multiplied by sqrt(sum w^2 / 2). That these two networks are as noisy as all others is assumed.
"""

from collections.abc import Sequence
from functools import cache
from math import log2

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from scaling_lab.formatting import join_words
from scaling_lab.paper.tables import read_published_table

Floats = NDArray[np.float64]
PublishedCurve = tuple[Floats, Floats]
"""FLOPs in 1e9 multiply-adds, rising, and top-1 in percent."""
FIGURE3_PANELS = {"d": "depth", "w": "width", "r": "resolution"}
THROUGHPUT_COLUMNS = {
    "images_per_s_rtx4090_amp": "RTX 4090, mixed precision",
    "images_per_s_i9_10940x_fp32": "i9-10940X, fp32",
}
"""timm's columns of images per second, with the machine."""
GPU_COLUMNS = ("images_per_s_rtx4090_amp",)
FLOPS_TOLERANCE = 1e-3
"""Relative difference up to which FLOPs read off two figures are those of one network."""


def published_curve(rows: pd.DataFrame) -> PublishedCurve:
    """Return the points of a table, sorted by FLOPs."""
    rows = rows.sort_values("flops_B")
    return rows["flops_B"].to_numpy(dtype=float), rows["top1"].to_numpy(dtype=float)


def figure3_curves() -> dict[str, PublishedCurve]:
    """Return Figure 3's curves by the name of the scaled dimension."""
    figure = read_published_table("figure3")
    return {name: published_curve(figure[figure["panel"] == panel]) for panel, name in FIGURE3_PANELS.items()}


def interpolation_weights(flops: Sequence[float] | Floats, at: float) -> Floats:
    """Return the weights of a curve's points that interpolate it at some FLOPs, linearly in the logarithm of FLOPs."""
    points = np.log2(np.asarray(flops, dtype=float))
    return np.array([np.interp(log2(at), points, row) for row in np.eye(len(points))])


def required_margin(weights: Sequence[float] | Floats) -> float:
    """Return the points of accuracy that a weighted sum of published accuracies must exceed."""
    return repeat_margin() * float(np.sqrt(np.sum(np.square(weights)) / 2))


@cache
def repeat_margin() -> float:
    """Return the 95 % margin, in points, of a difference of two published accuracies; NaN without repeats."""
    differences = _printed_repeats()
    if not differences:
        return float("nan")
    return float(stdtrit(len(differences), 0.975) * np.sqrt(np.mean(np.square(differences))))


@cache
def _printed_repeats() -> tuple[float, ...]:
    return tuple(sorted(repeat_differences(read_published_table("figure3"), read_published_table("figure4"))))


def repeat_differences(figure3: pd.DataFrame, figure4: pd.DataFrame) -> list[float]:
    """Return the differences between both figures for networks that start a curve of Figure 4 and are in Figure 3."""
    differences = []
    for _, start in figure4[figure4["point_index"] == 0].iterrows():
        depth, side = (float(part.split("=")[1]) for part in str(start["curve"]).split(","))
        if depth != 1 and side != 1:
            continue
        panel, label = ("d", depth) if side == 1 else ("r", side)
        same = figure3[(figure3["panel"] == panel) & (figure3["label"] == label)]
        same = same[(same["flops_B"] / start["flops_B"] - 1).abs() <= FLOPS_TOLERANCE]
        differences += [abs(float(top1) - float(start["top1"])) for top1 in same["top1"] if top1 != start["top1"]]
    return differences


def curve_gaps(first: PublishedCurve, second: PublishedCurve, above: float = 0.0) -> list[tuple[float, float, float]]:
    """Compare two curves at every point of either within the range of both.

    Args:
        first: A curve.
        second: The curve to compare it with.
        above: Only points above these FLOPs, in 1e9 multiply-adds.

    Returns:
        For each point its FLOPs, by how many points of accuracy the first curve is above the second, and the margin.
    """
    low, high = max(first[0][0], second[0][0]), min(first[0][-1], second[0][-1])
    places = sorted({float(x) for x in (*first[0], *second[0]) if low <= x <= high and x > above})
    gaps = []
    for place in places:
        of_first, of_second = interpolation_weights(first[0], place), interpolation_weights(second[0], place)
        gap = float(of_first @ first[1] - of_second @ second[1])
        gaps.append((place, gap, required_margin(np.concatenate([of_first, -of_second]))))
    return gaps


def describe_noise() -> str:
    """Return the noise of published accuracies in words."""
    repeats = join_words(f"{difference:.2f}" for difference in _printed_repeats())
    margin = f"so a difference of two has a margin of {repeat_margin():.2f}"
    return f"printed repeats of one network differ by {repeats} points, {margin}"
