"""Rule and budget to the network whose measured FLOPs are nearest, so that rules are compared at equal cost."""

from dataclasses import dataclass, replace
from math import isfinite, log

from scaling_lab.networks.costs.cost import cost
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
    """The network and what it got: times the baseline's FLOPs, and multipliers of blocks, stage widths and side."""

    network: Network
    times_flops: float
    obtained: Multipliers


def fit_network(
    baseline: Network, rule: ScalingRule | Multipliers, times_flops: float | None, rounding: Rounding = FITTED
) -> FittedNetwork:
    """The network of `rule` for `times_flops` times the baseline's FLOPs.

    Explicit multipliers and the roundings `paper` and `nearest` multiply and round, and get what they get. `fitted`
    solves: widths in single channels where the rule moves them, else blocks, else the side; any other rule's own knob.

    Raises ValueError for a budget outside 0.01 ... 1000, or when the nearest network is further off than 2 %
    (5 % for a rule with no width to solve with).
    """
    if isinstance(rule, Multipliers):
        return _measured(baseline, scale(baseline, rule, PAPER))
    if times_flops is None or not isfinite(times_flops) or not BUDGET_RANGE[0] <= times_flops <= BUDGET_RANGE[1]:
        raise ValueError(
            f"times_flops is {times_flops}; it must be between {BUDGET_RANGE[0]:g} and {BUDGET_RANGE[1]:g}"
        )
    if rounding is not FITTED:
        return _measured(baseline, rule.network(baseline, times_flops, rounding))
    budget = times_flops * cost(baseline).flops
    if isinstance(rule, MultiplierRule):
        found = _as_asked(baseline, rule, times_flops)
        tolerance = TOLERANCE if rule.solved == "width" else TOLERANCE_WITHOUT_WIDTH
    else:

        def knob(times: float) -> Network:
            return rule.network(baseline, times, rounding)

        found = _measured(baseline, nearest_to_budget(bracket_budget(knob, budget, times_flops), budget))
        tolerance = TOLERANCE_WITHOUT_WIDTH
    if _off(found, times_flops) > tolerance:
        raise ValueError(
            f"no network within {tolerance:.0%} of {times_flops:g} times the baseline's FLOPs; the nearest has "
            f"{found.times_flops:.4g} times (depths {list(found.network.depths)}, side {found.network.side} px)"
        )
    return found


def _as_asked(baseline: Network, rule: MultiplierRule, times_flops: float) -> FittedNetwork:
    """Of the sides and block counts next to the asked ones, what is left solved, the fit nearest to the budget.

    Of those that are as near to half a percent, the one nearest to the shares.
    """
    asked = rule.multipliers(times_flops)
    budget = times_flops * cost(baseline).flops
    fits = []
    for side in neighbouring_multiples(
        asked.r * baseline.side, 1 if asked.r == 1 else baseline.total_stride, at_least=1
    ):
        if rule.solved == "width":
            networks = solve_widths(baseline, asked, side, budget)
        elif rule.solved == "depth":
            networks = solve_depths(baseline, side, budget)
        else:
            networks = [replace(baseline, side=side)]
        fits += [_measured(baseline, network) for network in networks]
    if rule.solved == "resolution" and min(_off(found, times_flops) for found in fits) > SOLVE_TOLERANCE:
        fits += [_measured(baseline, network) for network in solve_side(baseline, asked.r, budget)]
    nearest = min(_off(found, times_flops) for found in fits)
    near = [found for found in fits if _off(found, times_flops) <= nearest + TIE_TOLERANCE]
    return min(near, key=lambda found: _distance(found.obtained, asked))


def _off(found: FittedNetwork, times_flops: float) -> float:
    return abs(found.times_flops / times_flops - 1)


def _distance(got: Multipliers, asked: Multipliers) -> float:
    return log(got.d / asked.d) ** 2 + (2 * log(got.w / asked.w)) ** 2 + (2 * log(got.r / asked.r)) ** 2


def _measured(baseline: Network, network: Network) -> FittedNetwork:
    got = Multipliers(
        d=sum(network.depths) / sum(baseline.depths),
        w=sum(network.widths) / sum(baseline.widths),
        r=network.side / baseline.side,
    )
    return FittedNetwork(network, cost(network).flops / cost(baseline).flops, got)
