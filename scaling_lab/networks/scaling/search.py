"""The sides and block counts around the requested ones, and which of them promise nearer shares."""

from collections.abc import Sequence
from math import log
from typing import NamedTuple

from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.scale import Dimension, min_blocks
from scaling_lab.networks.scaling.solve import multiples_around


class Size(NamedTuple):
    """A side in pixels and a number of blocks; None where blocks are not chosen but solved or kept."""

    side: int
    blocks: int | None


def sizes_around(baseline: Network, requested: Multipliers, solved: Dimension, ring: int) -> list[Size]:
    """Return the sizes next to the requested one, and `ring` further sides and block counts on both sides.

    Sides are multiples of the total stride, or the baseline's own; a dimension that is not scaled stays.
    """
    sides = [baseline.side]
    if requested.r != 1:
        multiples = multiples_around(requested.r * baseline.side, baseline.total_stride, at_least=1, ring=ring)
        sides = sorted({*multiples, *(sides if baseline.side % baseline.total_stride and solved == "width" else ())})
    if solved != "width":
        return [Size(side, None) for side in sides]
    total = sum(baseline.depths)
    blocks = [total]
    if requested.d != 1:
        blocks = multiples_around(requested.d * total, 1, at_least=min_blocks(baseline), ring=ring)
    return [Size(side, count) for side in sides for count in blocks]


def predict_difference(baseline: Network, size: Size, requested: Multipliers, totals: Sequence[float]) -> float:
    """Return about how far the shares of a solved size will be from the requested ones.

    Args:
        totals: Of sizes that are solved already, the sum of the logarithms that shares are parts of.
    """
    total = sum(totals) / len(totals)
    if requested.shares is None or not total:
        return float("inf")
    depth, width, resolution = requested.shares
    r = 2 * log(size.side / baseline.side) / total
    if size.blocks is None:
        return abs(r - resolution)
    d = log(size.blocks / sum(baseline.depths)) / total
    return max(abs(d - depth), abs(1 - d - r - width), abs(r - resolution))
