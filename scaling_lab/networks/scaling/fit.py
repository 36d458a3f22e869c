"""Find the network of a rule on a budget whose shares are nearest to the requested ones."""

from dataclasses import replace
from math import isfinite

from scaling_lab.errors import UserError
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.module_network import AnyNetwork, ModuleNetwork
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.fit_module import fit_module, scale_module
from scaling_lab.networks.scaling.fitted import FittedNetwork, deviation, nearest_shares, share_distance
from scaling_lab.networks.scaling.multipliers import Multipliers
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
MAX_RING = 2


def fit_network(
    baseline: AnyNetwork, rule: ScalingRule | Multipliers, times_flops: float | None, rounding: Rounding = FITTED
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
    if isinstance(baseline, ModuleNetwork):
        return _fit_module(baseline, rule, times_flops, rounding)
    if isinstance(rule, Multipliers):
        return _measured(baseline, scale(baseline, rule, PAPER))
    times_flops = check_budget(times_flops)
    if rounding is not FITTED:
        return _measured(baseline, rule.network(baseline, times_flops, rounding))
    budget = times_flops * network_cost(baseline).flops
    if isinstance(rule, MultiplierRule):
        fitted = _solve_multipliers(baseline, rule, times_flops, _tolerance(rule))
    else:

        def at_budget(times: float) -> Network:
            return rule.network(baseline, times, rounding)

        fitted = _measured(baseline, nearest_to_budget(bracket_budget(at_budget, budget, times_flops), budget))
    return _on_budget(fitted, times_flops, _tolerance(rule))


def _fit_module(
    baseline: ModuleNetwork, rule: ScalingRule | Multipliers, times_flops: float | None, rounding: Rounding
) -> FittedNetwork:
    """Return the module of a rule for a budget. The factory itself rounds depths and widths."""
    if isinstance(rule, Multipliers):
        return scale_module(baseline, rule, PAPER)
    times_flops = check_budget(times_flops)
    if not isinstance(rule, MultiplierRule):
        raise ValueError(f"a {type(rule).__name__} gives no multipliers, which the factory of a module needs")
    requested = rule.multipliers(times_flops)
    if rounding is not FITTED:
        return scale_module(baseline, requested, rounding)
    tolerance = _tolerance(rule)
    fitted = fit_module(baseline, rule.solved, requested, times_flops, tolerance)
    if deviation(fitted, times_flops) <= tolerance:
        return fitted
    return _on_budget(fitted, times_flops, tolerance, _describe_nearest(baseline, rule, fitted, tolerance))


def _describe_nearest(baseline: ModuleNetwork, rule: MultiplierRule, fitted: FittedNetwork, tolerance: float) -> str:
    """Return a hint at the budget of a module that missed its own; empty unless the rule meets that budget."""
    nearest = float(f"{fitted.times_flops:.3g}")
    if nearest == 1 or not BUDGET_RANGE[0] <= nearest <= BUDGET_RANGE[1]:
        return ""
    try:
        again = fit_module(baseline, rule.solved, rule.multipliers(nearest), nearest, tolerance)
    except (ValueError, UserError):  # outside the range of the rule or of the factory
        return ""
    return f"; the budget {nearest:g} is met" if deviation(again, nearest) <= tolerance else ""


def _on_budget(fitted: FittedNetwork, times_flops: float, tolerance: float, hint: str = "") -> FittedNetwork:
    """Return the network. Raises ValueError if it is further from the budget than allowed."""
    if deviation(fitted, times_flops) > tolerance:
        raise ValueError(
            f"no network within {tolerance:.0%} of {times_flops:g} times the baseline's FLOPs; the nearest has "
            f"{fitted.times_flops:.4g} times (depths {list(fitted.network.depths)}, side {fitted.network.side} px)"
            f"{hint}"
        )
    return fitted


def _tolerance(rule: ScalingRule) -> float:
    is_solved_by_width = isinstance(rule, MultiplierRule) and rule.solved == "width"
    return TOLERANCE if is_solved_by_width else TOLERANCE_WITHOUT_WIDTH


def check_budget(times_flops: float | None) -> float:
    """Return the budget. Raises ValueError unless it is a number from 0.01 to 1000."""
    if times_flops is None or not isfinite(times_flops) or not BUDGET_RANGE[0] <= times_flops <= BUDGET_RANGE[1]:
        raise ValueError(f"times_flops is {times_flops}; must be between {BUDGET_RANGE[0]:g} and {BUDGET_RANGE[1]:g}")
    return times_flops


def _solve_multipliers(baseline: Network, rule: MultiplierRule, times_flops: float, tolerance: float) -> FittedNetwork:
    """Return the network on the budget with the nearest shares; without any, the one nearest to it."""
    requested = rule.multipliers(times_flops)
    fits = _solve_sizes(baseline, rule.solved, requested, times_flops, tolerance)
    if rule.solved == "resolution" and min(deviation(fitted, times_flops) for fitted in fits) > SOLVE_TOLERANCE:
        budget = times_flops * network_cost(baseline).flops
        fits += [_measured(baseline, network) for network in solve_side(baseline, requested.r, budget)]
    return nearest_shares(fits, requested, times_flops, tolerance)


def _solve_sizes(
    baseline: Network, solved: Dimension, requested: Multipliers, times_flops: float, tolerance: float
) -> list[FittedNetwork]:
    """Solve the sides and block counts next to the requested ones, and further ones that promise nearer shares."""
    budget = times_flops * network_cost(baseline).flops
    fits: dict[Size, FittedNetwork] = {}
    for ring in range(MAX_RING + 1):
        near = [fitted for fitted in fits.values() if deviation(fitted, times_flops) <= tolerance]
        totals = [fitted.obtained.log_growth for fitted in near]
        nearest = min((share_distance(fitted, requested) for fitted in near), default=0.0)
        for size in sizes_around(baseline, requested, solved, ring):
            promises = ring == 0 or (nearest and predict_difference(baseline, size, requested, totals) < nearest)
            if promises and size not in fits:
                fits[size] = _measured(baseline, _solve_size(baseline, size, requested.w, solved, budget))
    return [*fits.values()]


def _solve_size(baseline: Network, size: Size, w: float, solved: Dimension, budget: float) -> Network:
    if solved == "width" and size.blocks is not None:
        return solve_widths(baseline, size.blocks, size.side, w, budget)
    return solve_depths(baseline, size.side, budget) if solved == "depth" else replace(baseline, side=size.side)


def _measured(baseline: Network, network: Network) -> FittedNetwork:
    obtained = Multipliers(
        d=sum(network.depths) / sum(baseline.depths),
        w=sum(network.widths) / sum(baseline.widths),
        r=network.side / baseline.side,
    )
    return FittedNetwork(network, network_cost(network).flops / network_cost(baseline).flops, obtained)
