"""Published curves, read at FLOPs between their points, and how far published numbers repeat.

Published accuracies have no seeds. What stands in for their noise: two networks that Figures 3 and 4 both show have two
accuracies each. The larger of these differences is the yardstick for a difference of two accuracies; a weighted sum of
accuracies has it times sqrt(sum w^2 / 2). A yardstick is no interval: two pairs are too few for one.
"""

from collections.abc import Sequence
from functools import cache
from math import log2

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scaling_lab.paper.tables import read_published_table

Floats = NDArray[np.float64]
Curve = tuple[Floats, Floats]
"""FLOPs in 1e9 multiply-adds, rising, and top-1 in percent."""
PANELS = {"d": "depth", "w": "width", "r": "resolution"}
"""Figure 3's panels."""
MACHINES = {"images_per_s_rtx4090_amp": "RTX 4090, mixed precision", "images_per_s_i9_10940x_fp32": "i9-10940X, fp32"}
"""timm's columns of pictures a second."""
SAME_FLOPS = 1e-3
"""Relative difference up to which two figures' FLOPs, read off drawings, are those of one network."""


def curve(rows: pd.DataFrame) -> Curve:
    """The points of a table, by FLOPs."""
    rows = rows.sort_values("flops_B")
    return rows["flops_B"].to_numpy(dtype=float), rows["top1"].to_numpy(dtype=float)


def figure3() -> dict[str, Curve]:
    """Figure 3's curves by the name of the dimension that is scaled."""
    figure = read_published_table("figure3")
    return {name: curve(figure[figure["panel"] == panel]) for panel, name in PANELS.items()}


def weights_at(flops: Sequence[float] | Floats, where: float) -> Floats:
    """The weights of a curve's points that give it at some FLOPs: a straight line in the logarithm of FLOPs."""
    points = np.log2(np.asarray(flops, dtype=float))
    return np.array([np.interp(log2(where), points, row) for row in np.eye(len(points))])


def margin(weights: Sequence[float] | Floats) -> float:
    """The points of accuracy that a weighted sum of published accuracies must pass to say anything."""
    return repeats() * float(np.sqrt(np.sum(np.square(weights)) / 2))


@cache
def repeats() -> float:
    """The largest difference, in points, of two published accuracies of one network: Figure 3 beside Figure 4."""
    return max(
        repeat_differences(read_published_table("figure3"), read_published_table("figure4")), default=float("nan")
    )


def repeat_differences(figure3: pd.DataFrame, figure4: pd.DataFrame) -> list[float]:
    """For each network at the start of a curve of Figure 4 that Figure 3 has with other digits: the difference."""
    found = []
    for _, start in figure4[figure4["point_index"] == 0].iterrows():
        depth, side = (float(part.split("=")[1]) for part in str(start["curve"]).split(","))
        if depth != 1 and side != 1:
            continue
        panel, label = ("d", depth) if side == 1 else ("r", side)
        same = figure3[(figure3["panel"] == panel) & (figure3["label"] == label)]
        same = same[(same["flops_B"] / start["flops_B"] - 1).abs() <= SAME_FLOPS]
        found += [abs(float(top1) - float(start["top1"])) for top1 in same["top1"] if top1 != start["top1"]]
    return found


def ahead(first: Curve, second: Curve, above: float = 0.0) -> list[tuple[float, float, float]]:
    """FLOPs, how far the first curve is above the second there in points, and the margin of that.

    At every point of either curve that lies on both, and above some FLOPs.
    """
    least, most = max(first[0][0], second[0][0]), min(first[0][-1], second[0][-1])
    places = sorted({float(x) for x in (*first[0], *second[0]) if least <= x <= most and x > above})
    found = []
    for place in places:
        of_first, of_second = weights_at(first[0], place), weights_at(second[0], place)
        gap = float(of_first @ first[1] - of_second @ second[1])
        found.append((place, gap, margin(np.concatenate([of_first, -of_second]))))
    return found


def repeated() -> str:
    """The yardstick, in words."""
    return f"printed repeats of one network differ by up to {repeats():.2f} points"
