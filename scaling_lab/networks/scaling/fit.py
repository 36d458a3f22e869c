"""Find the network of a rule on a budget whose shares are nearest to the requested ones."""

from dataclasses import dataclass, replace
from math import inf, isfinite

from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.obtained import share_difference
from scaling_lab.networks.scaling.rounding import FITTED, PAPER, Rounding
from scaling_lab.networks.scaling.scale import Dimension, MultiplierRule, ScalingRule, scale
from scaling_lab.networks.scaling.search import Size, predict_difference, sizes_around
from scaling_lab.networks.scaling.solve import (
    SOLVE_TOLERANCE,
    bracket_budget,
    nearest_to_budget,
    solve_depths,
    solve_side,
    solve_widths,
)

BUDGET_RANGE = (0.01, 1000.0)
TOLERANCE = 0.02
TOLERANCE_WITHOUT_WIDTH = 0.05
TIE_TOLERANCE = 0.005
"""Fits whose largest differences of shares are equal within this are equally near; the FLOPs decide."""
MAX_RING = 2


@dataclass(frozen=True)
class FittedNetwork:
    """A network with its obtained scaling.

    Attributes:
        times_flops: Its FLOPs over the baseline's.
        obtained: Its blocks, sum of stage widths and side over the baseline's.
    """

    network: Network
    times_flops: float
    obtained: Multipliers


def fit_network(
    baseline: Network, rule: ScalingRule | Multipliers, times_flops: float | None, rounding: Rounding = FITTED
) -> FittedNetwork:
    """Return the network of a rule for a budget of multiply-adds.

    Args:
        rule: A rule, or explicit multipliers.
        times_flops: Budget in times the baseline's FLOPs; ignored for explicit multipliers.
        rounding: `paper` and `nearest`, as well as explicit multipliers, multiply and round without meeting the budget.
            `fitted` solves for it: by widths in single channels if the rule changes widths, else by blocks, else by
            the side; of the networks on the budget, it takes the one with the nearest shares. For rules without
            multipliers it varies their nominal budget.

    Raises:
        ValueError: The budget is outside 0.01 to 1000, or no network is within 2 % of it (5 % for a rule that solves
            by something else than widths).
    """
    if isinstance(rule, Multipliers):
        return _measured(baseline, scale(baseline, rule, PAPER))
    times_flops = check_budget(times_flops)
    if rounding is not FITTED:
        return _measured(baseline, rule.network(baseline, times_flops, rounding))
    budget = times_flops * network_cost(baseline).flops
    if isinstance(rule, MultiplierRule):
        tolerance = TOLERANCE if rule.solved == "width" else TOLERANCE_WITHOUT_WIDTH
        fitted = _solve_multipliers(baseline, rule, times_flops, tolerance)
    else:

        def at_budget(times: float) -> Network:
            return rule.network(baseline, times, rounding)

        fitted = _measured(baseline, nearest_to_budget(bracket_budget(at_budget, budget, times_flops), budget))
        tolerance = TOLERANCE_WITHOUT_WIDTH
    if _deviation(fitted, times_flops) > tolerance:
        raise ValueError(
            f"no network within {tolerance:.0%} of {times_flops:g} times the baseline's FLOPs; the nearest has "
            f"{fitted.times_flops:.4g} times (depths {list(fitted.network.depths)}, side {fitted.network.side} px)"
        )
    return fitted


def check_budget(times_flops: float | None) -> float:
    """Return the budget. Raises ValueError unless it is a number from 0.01 to 1000."""
    if times_flops is None or not isfinite(times_flops) or not BUDGET_RANGE[0] <= times_flops <= BUDGET_RANGE[1]:
        raise ValueError(f"times_flops is {times_flops}; must be between {BUDGET_RANGE[0]:g} and {BUDGET_RANGE[1]:g}")
    return times_flops


def _solve_multipliers(baseline: Network, rule: MultiplierRule, times_flops: float, tolerance: float) -> FittedNetwork:
    """Return the network on the budget whose shares are nearest to the requested ones; without any, the nearest to it.

    Shares that differ by less than `TIE_TOLERANCE` are equally near, and the FLOPs decide.
    """
    requested = rule.multipliers(times_flops)
    fits = _solve_sizes(baseline, rule.solved, requested, times_flops, tolerance)
    if rule.solved == "resolution" and min(_deviation(fitted, times_flops) for fitted in fits) > SOLVE_TOLERANCE:
        budget = times_flops * network_cost(baseline).flops
        fits += [_measured(baseline, network) for network in solve_side(baseline, requested.r, budget)]
    on_budget = [fitted for fitted in fits if _deviation(fitted, times_flops) <= tolerance]
    nearest = min((_difference(fitted, requested) for fitted in on_budget), default=inf)
    best = [fitted for fitted in on_budget if _difference(fitted, requested) <= nearest + TIE_TOLERANCE]
    return min(best or fits, key=lambda fitted: _deviation(fitted, times_flops))


def _solve_sizes(
    baseline: Network, solved: Dimension, requested: Multipliers, times_flops: float, tolerance: float
) -> list[FittedNetwork]:
    """Solve the sides and block counts next to the requested ones, and further ones that promise nearer shares."""
    budget = times_flops * network_cost(baseline).flops
    fits: dict[Size, FittedNetwork] = {}
    for ring in range(MAX_RING + 1):
        near = [fitted for fitted in fits.values() if _deviation(fitted, times_flops) <= tolerance]
        totals = [fitted.obtained.log_growth for fitted in near]
        nearest = min((_difference(fitted, requested) for fitted in near), default=0.0)
        for size in sizes_around(baseline, requested, solved, ring):
            promises = ring == 0 or (nearest and predict_difference(baseline, size, requested, totals) < nearest)
            if promises and size not in fits:
                fits[size] = _measured(baseline, _solve_size(baseline, size, requested.w, solved, budget))
    return [*fits.values()]


def _solve_size(baseline: Network, size: Size, w: float, solved: Dimension, budget: float) -> Network:
    if solved == "width" and size.blocks is not None:
        return solve_widths(baseline, size.blocks, size.side, w, budget)
    return solve_depths(baseline, size.side, budget) if solved == "depth" else replace(baseline, side=size.side)


def _deviation(fitted: FittedNetwork, times_flops: float) -> float:
    return abs(fitted.times_flops / times_flops - 1)


def _difference(fitted: FittedNetwork, requested: Multipliers) -> float:
    """Return the largest difference between an obtained and a requested share; 0 if none are requested."""
    if requested.shares is None:
        return 0.0
    return share_difference(requested.shares, fitted.obtained.shares) if fitted.obtained.shares else inf


def _measured(baseline: Network, network: Network) -> FittedNetwork:
    obtained = Multipliers(
        d=sum(network.depths) / sum(baseline.depths),
        w=sum(network.widths) / sum(baseline.widths),
        r=network.side / baseline.side,
    )
    return FittedNetwork(network, network_cost(network).flops / network_cost(baseline).flops, obtained)
