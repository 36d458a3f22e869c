"""Costs of all networks on a grid of multipliers at once: exact integers, a million networks in about a second.

A count is a sum over the strides k of a coefficient times ceil(side / k) squared, and the coefficients depend on depth
and width only. So each width is scaled and walked once, each depth takes a running sum over the blocks, and all sides
come from one matrix product.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from scaling_lab.networks.block_layers import BlockContext
from scaling_lab.networks.costs.block_formula import POOLED_STRIDE, BlockFormula, block_formula
from scaling_lab.networks.costs.cost import network_cost, strided_side
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import PAPER, Rounding
from scaling_lab.networks.scaling.scale import map_depths, reshape, scale

Counts = NDArray[np.int64]
MAX_INT64 = 2**63 - 1
COUNT_NAMES = ("flops", "norm_elements", "pooled", "activations")


@dataclass(frozen=True)
class CostGrid:
    """Costs by depth, width and resolution multiplier, in the units of `scaling_lab.networks.costs.cost.Cost`.

    Attributes:
        flops: Array of shape (depths, widths, sides). Likewise `norm_elements`, `pooled` and `activations`.
        params: Array of shape (depths, widths, 1).
        sides: Sides in pixels, of shape (sides,).
    """

    flops: Counts
    norm_elements: Counts
    pooled: Counts
    activations: Counts
    params: Counts
    sides: Counts


def cost_grid(
    baseline: Network, ds: Sequence[float], ws: Sequence[float], rs: Sequence[float], rounding: Rounding = PAPER
) -> CostGrid:
    """Return the costs of `scale(baseline, Multipliers(d, w, r), rounding)` for every d, w and r.

    Args:
        ds: Depth multipliers. Likewise `ws` of width and `rs` of resolution.

    Raises:
        ValueError: An axis is empty, a multiplier has no network, or a count does not fit in 64 bits.
    """
    if not (len(ds) and len(ws) and len(rs)):
        raise ValueError("a grid needs at least one depth, one width and one resolution multiplier")
    ds, ws, rs = ([float(value) for value in axis] for axis in (ds, ws, rs))
    for axis, name in ((ds, "d"), (ws, "w"), (rs, "r")):
        for value in axis:
            Multipliers(**{name: value})
    for w in ws:
        scale(baseline, Multipliers(min(ds), w, min(rs)), rounding)
    largest = network_cost(scale(baseline, Multipliers(max(ds), max(ws), max(rs)), rounding))
    if max(largest.flops_fvcore, largest.params) > MAX_INT64:
        raise ValueError(
            f"the largest network of the grid has {largest.flops:.3g} FLOPs, which does not fit in 64 bits"
        )
    sides = [rounding.side(baseline.side, r, baseline.total_stride) for r in rs]
    depths = np.array([_depths(baseline, d, rounding) for d in ds])
    strides = _strides(baseline)
    areas = np.array([[strided_side(side, stride) ** 2 for side in sides] for stride in strides], dtype=np.int64)
    counts = np.zeros((len(COUNT_NAMES), len(ds), len(ws), len(strides)), dtype=np.int64)
    params = np.zeros((len(ds), len(ws), 1), dtype=np.int64)
    for i, w in enumerate(ws):
        wide = _widened(baseline, tuple(depths.max(axis=0)), w, rounding)
        for stride, stage, blocks in _walk_parts(wide):
            running, weights = _running_sums(blocks, stride, strides)
            last = [0] * len(ds) if stage is None else depths[:, stage] - 1
            counts[:, :, i] += running[last].swapaxes(0, 1)
            params[:, i, 0] += weights[last]
    flops, norm_elements, pooled, activations = (count @ areas for count in counts)
    return CostGrid(flops, norm_elements, pooled, activations, params, np.array(sides))


def _depths(baseline: Network, d: float, rounding: Rounding) -> tuple[int, ...]:
    return map_depths(baseline, lambda depths: rounding.depths(depths, d))


def _widened(baseline: Network, depths: tuple[int, ...], w: float, rounding: Rounding) -> Network:
    return reshape(baseline, depths, lambda channels: rounding.width(channels, w), baseline.side)


def _strides(network: Network) -> list[int]:
    """Return all products of strides in front of a layer."""
    strides = {POOLED_STRIDE}
    for stride, _, blocks in _walk_parts(network):
        strides |= {stride * term.stride for block in blocks for term in block.terms}
    return sorted(strides)


def _walk_parts(network: Network) -> list[tuple[int, int | None, list[BlockFormula]]]:
    """Return stem, stages and head: the stride in front, the stage number, the formula of each block."""
    norm = (network.eps, network.momentum)
    stem = block_formula(network.stem, BlockContext(network.channels, network.stem.width, network.stem.stride, *norm))
    head = block_formula(network.head, BlockContext(network.stages[-1].width, network.classes, 1, *norm))
    walked: list[tuple[int, int | None, list[BlockFormula]]] = [(1, None, [stem])]
    stride = stem.stride
    for number, runs in groupby(network.block_runs(), key=itemgetter(0)):
        blocks = [formula for _, block, context, count in runs for formula in [block_formula(block, context)] * count]
        walked.append((stride, number, blocks))
        stride *= blocks[0].stride
    return [*walked, (stride, None, [head])]


def _running_sums(blocks: list[BlockFormula], stride: int, strides: list[int]) -> tuple[Counts, Counts]:
    """Return sums over the first n blocks, n from 1: counts of shape (n, count names, strides), and parameters."""
    counts = np.zeros((len(blocks), len(COUNT_NAMES), len(strides)), dtype=np.int64)
    for n, block in enumerate(blocks):
        for term in block.terms:
            counts[n, :, strides.index(stride * term.stride)] += term[1:]
        if n == 0:
            stride *= block.stride
    return counts.cumsum(axis=0), np.array([block.params for block in blocks]).cumsum()
