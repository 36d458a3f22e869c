"""Solve for a budget by widths, by blocks, by the side, or by any parameter with which the cost grows."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from math import ceil, floor, sqrt

from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.rounding import FITTED
from scaling_lab.networks.scaling.scale import distribute_depths, min_blocks, reshape

SOLVE_TOLERANCE = 0.03
WIDTH_TOLERANCE = 0.02


def solve_widths(baseline: Network, blocks: int, side: int, start: float, budget: float) -> Network:
    """Return the network with the widths nearest to the budget, for a number of blocks and a side.

    Where one step of the width multiplier changes several widths, networks with only the later ones changed are tried
    too; where these miss the budget by more than 2 %, networks with any of the stages changed.

    Args:
        blocks: Number of blocks in total.
        side: Side of the input in pixels.
        start: First width multiplier.
        budget: FLOPs (multiply-adds).
    """
    depths = distribute_depths(baseline, blocks)

    def make(w: float) -> Network:
        return reshape(baseline, depths, lambda channels: FITTED.width(channels, w), side)

    low, high = bracket_budget(make, budget, start)
    between = [replace(high, stem=low.stem, stages=low.stages[:i] + high.stages[i:]) for i in range(len(depths))]
    best = nearest_to_budget([low, *between, high], budget)
    if abs(network_cost(best).flops / budget - 1) <= WIDTH_TOLERANCE:
        return best
    mixed = product(*({low_stage, high_stage} for low_stage, high_stage in zip(low.stages, high.stages, strict=True)))
    return nearest_to_budget([best, *(replace(high, stages=stages) for stages in mixed)], budget)


def solve_depths(baseline: Network, side: int, budget: float) -> Network:
    """Return the network with the number of blocks that is nearest to the budget.

    Blocks are distributed by largest remainder around the depth that would meet the budget exactly. Where that misses
    by more than 3 % (few blocks of unlike cost), each stage is rounded down or up separately: the most even choice
    within 3 %, or else the one nearest to the budget.
    """
    start = replace(baseline, side=side)
    start_flops = network_cost(start).flops
    block_flops = [
        network_cost(reshape(start, _add_block(start.depths, i), _same, side)).flops - start_flops
        if stage.deepens
        else 0
        for i, stage in enumerate(start.stages)
    ]
    exact_depths = _even_depths(start, block_flops, budget - start_flops)

    def deviation(depths: tuple[int, ...]) -> float:
        added = (flops * (new - old) for flops, new, old in zip(block_flops, depths, start.depths, strict=True))
        return abs((start_flops + sum(added)) / budget - 1)

    def unevenness(depths: tuple[int, ...]) -> float:
        return sum((depth - exact) ** 2 for depth, exact in zip(depths, exact_depths, strict=True))

    totals = multiples_around(sum(exact_depths), 1, at_least=min_blocks(start))
    best = min((distribute_depths(start, total) for total in totals), key=deviation)
    if deviation(best) > SOLVE_TOLERANCE:
        choices = [best, *product(*({floor(exact + 1e-9), ceil(exact - 1e-9)} for exact in exact_depths))]
        near = [depths for depths in choices if deviation(depths) <= SOLVE_TOLERANCE]
        best = min(near, key=unevenness) if near else min(choices, key=deviation)
    return reshape(start, best, _same, side)


def _even_depths(start: Network, block_flops: list[int], added_flops: float) -> list[float]:
    """Return fractional blocks of each stage, in proportion, that add `added_flops`; at least one per stage."""
    fixed = {i for i, stage in enumerate(start.stages) if not stage.deepens}
    exact = [float(depth) for depth in start.depths]
    while len(fixed) < len(exact):
        free = [i for i in range(len(exact)) if i not in fixed]
        fixed_flops = sum(block_flops[i] * (exact[i] - start.depths[i]) for i in fixed)
        factor = 1 + (added_flops - fixed_flops) / sum(block_flops[i] * start.depths[i] for i in free)
        for i in free:
            exact[i] = max(1.0, factor * start.depths[i])
        short = {i for i in free if factor * start.depths[i] < 1}
        if not short:
            break
        fixed |= short
    return exact


def solve_side(baseline: Network, r: float, budget: float) -> tuple[Network, Network]:
    """Return the networks next below and next above the budget among all sides in whole pixels."""

    def make(r: float) -> Network:
        return replace(baseline, side=max(baseline.total_stride, floor(baseline.side * r + 0.5)))

    return bracket_budget(make, budget, r)


def _add_block(depths: tuple[int, ...], stage: int) -> tuple[int, ...]:
    return (*depths[:stage], depths[stage] + 1, *depths[stage + 1 :])


def _same(channels: int) -> int:
    return channels


def multiples_around(value: float, grid: int, at_least: int, ring: int = 0) -> list[int]:
    """Return the multiples of `grid` next below and next above a value, or the value if it is one.

    Args:
        at_least: Smallest multiple; lower ones are replaced by it.
        ring: Number of further multiples on both sides.
    """
    below, above = floor(value / grid + 1e-9) - ring, ceil(value / grid - 1e-9) + ring
    return sorted({max(at_least, grid, grid * step) for step in range(below, above + 1)})


def bracket_budget(make: Callable[[float], Network], budget: float, start: float) -> tuple[Network, Network]:
    """Return the networks next below and next above the budget, by bisection.

    Args:
        make: Returns the network for a parameter with which the cost grows. Where it raises a ValueError, the
            parameter counts as below every budget.
        budget: FLOPs (multiply-adds).
        start: First value of the parameter.

    Raises:
        ValueError: There is no network above the budget either.
    """

    def flops(parameter: float) -> int:
        network = _make_or_none(make, parameter)
        return 0 if network is None else network_cost(network).flops

    low, high = _enclose(flops, budget, start)
    while high / low > 1 + 1e-6:
        parameter = sqrt(low * high)
        middle = flops(parameter)
        if middle == budget:
            low = high = parameter
        else:
            low, high = (parameter, high) if middle < budget else (low, parameter)
    above = make(high)
    return _make_or_none(make, low) or above, above


def _enclose(flops: Callable[[float], int], budget: float, start: float) -> tuple[float, float]:
    """Return two parameters with the budget between them, within a factor of 8 of `start`.

    The first guess assumes that the cost grows with the square of the parameter.
    """
    guess = start * min(8.0, max(1 / 8, sqrt(budget / max(1, flops(start)))))
    low = high = guess
    step = 1.01
    if flops(guess) < budget:
        while high < 8 * start and flops(high) < budget:
            low, high, step = high, high * step, step**2
    else:
        while low > start / 8 and flops(low) >= budget:
            low, high, step = low / step, low, step**2
    return low, high


def _make_or_none(make: Callable[[float], Network], parameter: float) -> Network | None:
    try:
        return make(parameter)
    except ValueError:
        return None


def nearest_to_budget(networks: Iterable[Network], budget: float) -> Network:
    """Return the network whose FLOPs are nearest to the budget."""
    return min(networks, key=lambda network: abs(network_cost(network).flops - budget))
