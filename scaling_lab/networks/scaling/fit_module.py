"""Find the arguments of a factory whose module is on a budget with the shares of a rule. Modules are counted, no torch.

A factory rounds as it likes, so nothing is known but counts. Depth is measured in layers and width in their channels,
both on a scale where the factory's own depth or width of 2 is twice that of 1.
"""

from dataclasses import replace
from math import log, sqrt

from scaling_lab.errors import UserError
from scaling_lab.networks.module_network import ModuleNetwork
from scaling_lab.networks.scaling.fitted import FittedNetwork, deviation, nearest_shares, share_distance
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.obtained import share_difference
from scaling_lab.networks.scaling.rounding import Rounding
from scaling_lab.networks.scaling.scale import Dimension
from scaling_lab.networks.scaling.solve import SOLVE_TOLERANCE, multiples_around
from scaling_lab.networks.scaling.solve_module import depths_around, solve_budget, usual_depth

WIDTH_STEPS = 1000  # width multipliers that are tried, per unit
DEPTH_STEPS = 100
RING = 1  # sides and depths tried on both sides in addition to the next ones
MAX_SOLVED = 6  # sides and depths whose width is solved
NEAR_SHARES = 0.03  # difference of shares at which no further ones are


def fit_module(
    baseline: ModuleNetwork, solved: Dimension, requested: Multipliers, times_flops: float, tolerance: float
) -> FittedNetwork:
    """Return the module on the budget whose shares are nearest to the requested ones; without any, the nearest to it.

    Args:
        baseline: The network at 1x.
        solved: Dimension that meets the budget once the others are rounded.
        requested: Multipliers of the rule.
        times_flops: Budget in times the baseline's multiply-adds.
        tolerance: Largest deviation from the budget.

    Raises:
        UserError: The factory ignores a dimension that the rule scales.
    """
    _check_dimensions(baseline, requested)
    if requested == Multipliers():
        return _measured(baseline, baseline)
    budget = times_flops * _flops(baseline)
    sides = [baseline.side]
    if requested.r != 1:
        sides = multiples_around(requested.r * baseline.side, baseline.total_stride, at_least=1, ring=RING)
    if solved == "width":
        return _fit_widths(baseline, sides, requested, times_flops, tolerance)
    fits: list[FittedNetwork] = []
    for side in sides:
        start = replace(baseline, side=side)
        if solved == "depth":
            steps = requested.d * DEPTH_STEPS
            solution = solve_budget(lambda k, at=start: replace(at, depth=k / DEPTH_STEPS), budget, steps, power=1)  # type: ignore[misc]
            start = replace(start, depth=usual_depth(baseline, solution.depth))
        fits.append(_measured(baseline, start))
    best = nearest_shares(fits, requested, times_flops, tolerance)
    if solved == "resolution" and deviation(best, times_flops) > SOLVE_TOLERANCE:
        solution = solve_budget(lambda side: replace(baseline, side=side), budget, requested.r * baseline.side, power=2)
        best = nearest_shares([best, _measured(baseline, solution)], requested, times_flops, tolerance)
    return best


def _fit_widths(
    baseline: ModuleNetwork, sides: list[int], requested: Multipliers, times_flops: float, tolerance: float
) -> FittedNetwork:
    """Solve the widths of the sides and depths with the most promising shares first."""
    depths = [1.0] if requested.d == 1 else depths_around(baseline, requested.d, RING)
    sizes = [replace(baseline, side=side, depth=depth) for side in sides for depth in depths]
    promised = sorted((_promised_distance(baseline, size, requested, times_flops), i) for i, size in enumerate(sizes))
    fits: list[FittedNetwork] = []
    for distance, i in promised[:MAX_SOLVED]:
        best = nearest_shares(fits, requested, times_flops, tolerance) if fits else None
        if best and deviation(best, times_flops) <= tolerance:
            reached = share_distance(best, requested)
            if reached <= max(NEAR_SHARES, distance):
                break
        size = sizes[i]
        grown = _measured(baseline, size).obtained
        guess = WIDTH_STEPS * sqrt(times_flops / grown.d) / grown.r
        solution = solve_budget(
            lambda k, at=size: replace(at, width=k / WIDTH_STEPS),  # type: ignore[misc]
            times_flops * _flops(baseline),
            guess,
            power=2,
        )
        fits.append(_measured(baseline, solution))
    return nearest_shares(fits, requested, times_flops, tolerance)


def _promised_distance(
    baseline: ModuleNetwork, size: ModuleNetwork, requested: Multipliers, times_flops: float
) -> float:
    """Return how far the shares will be from the requested ones if the width takes what is left of the budget."""
    grown, total = _measured(baseline, size).obtained, log(times_flops)
    if requested.shares is None or not total:
        return 0.0
    depth, resolution = log(grown.d) / total, 2 * log(grown.r) / total
    return share_difference(requested.shares, (depth, 1 - depth - resolution, resolution))


def scale_module(baseline: ModuleNetwork, by: Multipliers, rounding: Rounding) -> FittedNetwork:
    """Return the module with its multipliers as requested and its side rounded; depth and width are its factory's to
    round.

    Raises:
        UserError: The factory ignores a dimension that is to be scaled.
    """
    _check_dimensions(baseline, by)
    side = rounding.side(baseline.side, by.r, baseline.total_stride)
    return _measured(baseline, replace(baseline, depth=by.d, width=by.w, side=side))


def _measured(baseline: ModuleNetwork, network: ModuleNetwork) -> FittedNetwork:
    """Return a network of the same factory with its FLOPs and obtained multipliers."""
    obtained = Multipliers(
        d=_growth(baseline, replace(baseline, depth=network.depth), replace(baseline, depth=2.0), "layers"),
        w=_growth(baseline, replace(baseline, width=network.width), replace(baseline, width=2.0), "channels"),
        r=network.side / baseline.side,
    )
    return FittedNetwork(network, _flops(network) / _flops(baseline), obtained)


def _growth(baseline: ModuleNetwork, network: ModuleNetwork, doubled: ModuleNetwork, name: str) -> float:
    """Return how much a count has grown, on the scale where it is 1 for the baseline and 2 for `doubled`."""
    if network == baseline:
        return 1.0
    start, now, twice = (getattr(scaled.factory.count(scaled), name) for scaled in (baseline, network, doubled))
    return 1.0 if twice == start else 1 + (now - start) / (twice - start)


def scaled_dimensions(baseline: ModuleNetwork) -> tuple[Dimension, ...]:
    """Return the dimensions that the factory scales: doubling them gives more multiply-adds."""
    doubled: dict[Dimension, ModuleNetwork] = {
        "depth": replace(baseline, depth=2.0),
        "width": replace(baseline, width=2.0),
        "resolution": replace(baseline, side=2 * baseline.side),
    }
    return tuple(name for name, network in doubled.items() if _flops(network) > _flops(baseline))


def _check_dimensions(baseline: ModuleNetwork, requested: Multipliers) -> None:
    """Raise UserError for a multiplier other than 1 that the factory ignores."""
    multipliers: dict[Dimension, float] = {"depth": requested.d, "width": requested.w, "resolution": requested.r}
    ignored = [name for name, value in multipliers.items() if value != 1 and name not in scaled_dimensions(baseline)]
    if ignored:
        raise UserError(
            f"factory {baseline.factory.name} ignores {' and '.join(ignored)}: its multiply-adds at 2 are not above "
            f"the {_flops(baseline):,} at 1"
        )


def _flops(network: ModuleNetwork) -> int:
    return network.factory.count(network).flops
