"""Find the network of a rule whose counted FLOPs are nearest to a budget, so that rules compare at equal cost."""

from dataclasses import dataclass, replace
from math import isfinite, log

from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import FITTED, PAPER, Rounding
from scaling_lab.networks.scaling.scale import MultiplierRule, ScalingRule, scale
from scaling_lab.networks.scaling.solve import (
    SOLVE_TOLERANCE,
    bracket_budget,
    nearest_to_budget,
    neighbouring_multiples,
    solve_depths,
    solve_side,
    solve_widths,
)

BUDGET_RANGE = (0.01, 1000.0)
TOLERANCE = 0.02
TOLERANCE_WITHOUT_WIDTH = 0.05
TIE_TOLERANCE = 0.005


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
            the side. For rules without multipliers it varies their nominal budget.

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
        fitted = _solve_multipliers(baseline, rule, times_flops)
        tolerance = TOLERANCE if rule.solved == "width" else TOLERANCE_WITHOUT_WIDTH
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


def _solve_multipliers(baseline: Network, rule: MultiplierRule, times_flops: float) -> FittedNetwork:
    """Try the sides and block counts next to the requested ones, solve for the remaining dimension, return the best.

    Best is the fit nearest to the budget; of fits within half a percent of it, the one nearest to the requested
    multipliers.
    """
    requested = rule.multipliers(times_flops)
    budget = times_flops * network_cost(baseline).flops
    fits = []
    for side in neighbouring_multiples(
        requested.r * baseline.side, 1 if requested.r == 1 else baseline.total_stride, at_least=1
    ):
        if rule.solved == "width":
            networks = solve_widths(baseline, requested, side, budget)
        elif rule.solved == "depth":
            networks = solve_depths(baseline, side, budget)
        else:
            networks = [replace(baseline, side=side)]
        fits += [_measured(baseline, network) for network in networks]
    if rule.solved == "resolution" and min(_deviation(fitted, times_flops) for fitted in fits) > SOLVE_TOLERANCE:
        fits += [_measured(baseline, network) for network in solve_side(baseline, requested.r, budget)]
    smallest = min(_deviation(fitted, times_flops) for fitted in fits)
    near = [fitted for fitted in fits if _deviation(fitted, times_flops) <= smallest + TIE_TOLERANCE]
    return min(near, key=lambda fitted: _distance(fitted.obtained, requested))


def _deviation(fitted: FittedNetwork, times_flops: float) -> float:
    return abs(fitted.times_flops / times_flops - 1)


def _distance(obtained: Multipliers, requested: Multipliers) -> float:
    return (
        log(obtained.d / requested.d) ** 2
        + (2 * log(obtained.w / requested.w)) ** 2
        + (2 * log(obtained.r / requested.r)) ** 2
    )


def _measured(baseline: Network, network: Network) -> FittedNetwork:
    obtained = Multipliers(
        d=sum(network.depths) / sum(baseline.depths),
        w=sum(network.widths) / sum(baseline.widths),
        r=network.side / baseline.side,
    )
    return FittedNetwork(network, network_cost(network).flops / network_cost(baseline).flops, obtained)
