"""Solve for a budget by an argument of a factory, and find depths that give other layers. No torch."""

from collections.abc import Callable
from dataclasses import replace

from scaling_lab.errors import UserError
from scaling_lab.networks.module_network import ModuleCounts, ModuleNetwork

MAX_TRIES = 12  # counted modules of one solution
CLOSE = 0.003  # deviation from the budget at which a solution is not improved
MAX_FACTOR = 8  # between the first guess and the solution
MAX_STEPS = 64  # to the next depth with another number of layers


def solve_budget(make: Callable[[int], ModuleNetwork], budget: float, guess: float, power: int) -> ModuleNetwork:
    """Return the network nearest to the budget among integer parameters with which multiply-adds grow.

    Args:
        make: Returns the network of a parameter, from 1. Where its factory fails, it counts as below the budget.
        budget: Multiply-adds.
        guess: First parameter.
        power: Power of the parameter with which multiply-adds grow, about.

    Raises:
        UserError: The factory fails for every parameter that was tried.
    """
    tried: dict[int, int] = {}
    step, least, most = max(1, round(guess)), max(1, int(guess / MAX_FACTOR)), int(guess * MAX_FACTOR) + 1
    while step not in tried and len(tried) < MAX_TRIES:
        counts = count_or_none(make(step))
        tried[step] = counts.flops if counts else 0
        if abs(tried[step] / budget - 1) <= CLOSE:
            break
        step = _next_step(tried, step, budget, power, (least, most))
    valid = {step: flops for step, flops in tried.items() if flops}
    if not valid:
        make(step).factory.count(make(step))  # raises what the factory raises
        raise UserError(f"factory {make(step).factory.name} fails at every size near the budget")
    return make(min(valid, key=lambda step: (abs(valid[step] / budget - 1), step)))


def _next_step(tried: dict[int, int], step: int, budget: float, power: int, limits: tuple[int, int]) -> int:
    """Return the parameter to try next: by the power law, or halfway where that leaves what encloses the budget."""
    below = max((k for k, flops in tried.items() if flops < budget), default=None)
    above = min((k for k, flops in tried.items() if flops >= budget), default=None)
    guess = round(step * (budget / tried[step]) ** (1 / power)) if tried[step] else 2 * step
    guess = min(limits[1], max(limits[0], guess))
    if below is None or above is None:
        return guess if guess not in tried else guess + (1 if above is None else -1)
    return guess if below < guess < above and len(tried) < MAX_TRIES // 2 else (below + above) // 2


def depths_around(baseline: ModuleNetwork, depth: float, ring: int) -> list[float]:
    """Return a depth, and the next `1 + ring` below and above it that give other numbers of layers."""
    unit = 1 / (2 * (_layers(baseline, 2.0) - _layers(baseline, 1.0)))
    depths = {usual_depth(baseline, depth)}
    for step in (-unit, unit):
        at = depth
        for _ in range(1 + ring):
            if (other := _next_depth(baseline, at, step)) is None:
                break
            at = other
            depths.add(usual_depth(baseline, at))
    return sorted(depths)


def _next_depth(baseline: ModuleNetwork, depth: float, step: float) -> float | None:
    """Return the next depth at which the number of layers is another; None if there is none nearby."""
    layers, at = _layers(baseline, depth), depth
    for _ in range(MAX_STEPS):
        at = round(at + step, 4)
        counts = count_or_none(replace(baseline, depth=at)) if at > 0 else None
        if counts is None:
            return None
        if counts.layers != layers:
            return at
    return None


def usual_depth(baseline: ModuleNetwork, depth: float) -> float:
    """Return the depth that equals its measured growth if that gives as many layers, so that equal networks have equal
    arguments; else the depth itself."""
    layers, single, double = (_layers(baseline, factor) for factor in (depth, 1.0, 2.0))
    measured = round(1 + (layers - single) / (double - single), 4)
    counts = count_or_none(replace(baseline, depth=measured)) if measured > 0 else None
    return measured if counts and counts.layers == layers else round(depth, 4)


def count_or_none(network: ModuleNetwork) -> ModuleCounts | None:
    """Return the counts of a network; None if its factory fails for these arguments."""
    try:
        return network.factory.count(network)
    except UserError:
        return None


def _layers(baseline: ModuleNetwork, depth: float) -> int:
    network = replace(baseline, depth=depth)
    return network.factory.count(network).layers
