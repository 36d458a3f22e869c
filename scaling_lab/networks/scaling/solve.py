"""What a rule leaves open, solved for a budget: widths, blocks, the side, or any growing knob."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from math import ceil, floor, sqrt

from scaling_lab.networks.costs.cost import cost
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import FITTED
from scaling_lab.networks.scaling.scale import distribute_depths, min_blocks, reshape

SOLVE_TOLERANCE = 0.03


def solve_widths(baseline: Network, asked: Multipliers, side: int, budget: float) -> list[Network]:
    """For the block counts on both sides of the asked one, the network whose widths bring it nearest to the budget.

    Where one more step of the multiplier moves several widths at once, the later ones move first.
    """
    networks = []
    for total in neighbouring_multiples(asked.d * sum(baseline.depths), 1, at_least=min_blocks(baseline)):
        depths = distribute_depths(baseline, total)

        def make(w: float, depths: tuple[int, ...] = depths) -> Network:
            return reshape(baseline, depths, lambda channels: FITTED.width(channels, w), side)

        low, high = bracket_budget(make, budget, asked.w)
        between = [replace(high, stem=low.stem, stages=low.stages[:i] + high.stages[i:]) for i in range(len(depths))]
        networks.append(nearest_to_budget([low, *between, high], budget))
    return networks


def solve_depths(baseline: Network, side: int, budget: float) -> list[Network]:
    """Blocks by largest remainder around the depth that would meet the budget exactly, where that comes within 3 %.

    Where it does not (few blocks of unlike cost), each stage's blocks are rounded down or up on their own: the most
    even choice within 3 %, or else the one nearest to the budget.
    """
    start = replace(baseline, side=side)
    spent = cost(start).flops
    further = [
        cost(reshape(start, _one_more(start.depths, i), _same, side)).flops - spent if stage.deepens else 0
        for i, stage in enumerate(start.stages)
    ]
    wanted = _even_depths(start, further, budget - spent)

    def off(depths: tuple[int, ...]) -> float:
        more = (each * (new - old) for each, new, old in zip(further, depths, start.depths, strict=True))
        return abs((spent + sum(more)) / budget - 1)

    def unevenness(depths: tuple[int, ...]) -> float:
        return sum((depth - exact) ** 2 for depth, exact in zip(depths, wanted, strict=True))

    totals = neighbouring_multiples(sum(wanted), 1, at_least=min_blocks(start))
    best = min((distribute_depths(start, total) for total in totals), key=off)
    if off(best) > SOLVE_TOLERANCE:
        choices = [best, *product(*({floor(exact + 1e-9), ceil(exact - 1e-9)} for exact in wanted))]
        near = [depths for depths in choices if off(depths) <= SOLVE_TOLERANCE]
        best = min(near, key=unevenness) if near else min(choices, key=off)
    return [reshape(start, best, _same, side)]


def _even_depths(start: Network, further: list[int], more: float) -> list[float]:
    """Fractional blocks a stage, in proportion, that cost `more`; what would fall below one block is held there."""
    held = {i for i, stage in enumerate(start.stages) if not stage.deepens}
    wanted = [float(depth) for depth in start.depths]
    while len(held) < len(wanted):
        free = [i for i in range(len(wanted)) if i not in held]
        spared = sum(further[i] * (wanted[i] - start.depths[i]) for i in held)
        factor = 1 + (more - spared) / sum(further[i] * start.depths[i] for i in free)
        for i in free:
            wanted[i] = max(1.0, factor * start.depths[i])
        short = {i for i in free if factor * start.depths[i] < 1}
        if not short:
            break
        held |= short
    return wanted


def solve_side(baseline: Network, asked: float, budget: float) -> tuple[Network, Network]:
    """The networks next below and next above the budget among all sides in whole pixels."""

    def make(r: float) -> Network:
        return replace(baseline, side=max(baseline.total_stride, floor(baseline.side * r + 0.5)))

    return bracket_budget(make, budget, asked)


def _one_more(depths: tuple[int, ...], stage: int) -> tuple[int, ...]:
    return (*depths[:stage], depths[stage] + 1, *depths[stage + 1 :])


def _same(channels: int) -> int:
    return channels


def neighbouring_multiples(wanted: float, grid: int, at_least: int) -> list[int]:
    """The multiples of `grid` on both sides of `wanted`, or the one that it is."""
    below, above = floor(wanted / grid + 1e-9) * grid, ceil(wanted / grid - 1e-9) * grid
    return sorted({max(at_least, grid, below), max(at_least, grid, above)})


def bracket_budget(make: Callable[[float], Network], budget: float, start: float) -> tuple[Network, Network]:
    """The networks next below and next above the budget on a growing knob, by bisection.

    A knob too small for any network is below every budget; that of the network above raises its ValueError.
    """

    def flops(knob: float) -> int:
        network = _made(make, knob)
        return 0 if network is None else cost(network).flops

    low, high = _enclosed(flops, budget, start)
    while high / low > 1 + 1e-6:
        knob = sqrt(low * high)
        found = flops(knob)
        if found == budget:
            low = high = knob
        else:
            low, high = (knob, high) if found < budget else (low, knob)
    above = make(high)
    return _made(make, low) or above, above


def _enclosed(flops: Callable[[float], int], budget: float, start: float) -> tuple[float, float]:
    """Two knobs with the budget between them, within a factor of 8 of `start`; squares are met at once."""
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


def _made(make: Callable[[float], Network], knob: float) -> Network | None:
    try:
        return make(knob)
    except ValueError:
        return None


def nearest_to_budget(networks: Iterable[Network], budget: float) -> Network:
    """The network whose FLOPs are nearest to the budget."""
    return min(networks, key=lambda network: abs(cost(network).flops - budget))
