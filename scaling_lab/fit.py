"""Rule and budget to the network whose measured FLOPs are nearest, so that rules are compared at equal cost."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import product
from math import ceil, floor, isfinite, log, sqrt

from scaling_lab.cost import cost
from scaling_lab.networks.spec import Network
from scaling_lab.rules.multipliers import Multipliers
from scaling_lab.rules.rounding import FITTED, PAPER, Rounding
from scaling_lab.rules.scale import Rule, fewest_blocks, reshape, scale, shared_out
from scaling_lab.rules.shares import Shares

BUDGETS = (0.01, 1000.0)
TOLERANCE = 0.02
TOLERANCE_WITHOUT_WIDTH = 0.05
NEAR_ENOUGH = 0.03


@dataclass(frozen=True)
class Fit:
    """The network and what it got: times the baseline's FLOPs, and multipliers of blocks, stage widths and side."""

    network: Network
    times_flops: float
    got: Multipliers


def fit(baseline: Network, rule: Rule | Multipliers, times_flops: float | None, rounding: Rounding = FITTED) -> Fit:
    """The network of `rule` for `times_flops` times the baseline's FLOPs.

    Explicit multipliers, `paper` and `nearest` rounding multiply and round, and get what they get. `fitted` solves: widths
    in single channels where the rule has a share of width, else blocks, else the side; any other rule's own knob.

    Raises ValueError for a budget outside 0.01 ... 1000, or when the nearest network is further off than 2 %
    (5 % for a rule with no width to solve with).
    """
    if isinstance(rule, Multipliers):
        return _measured(baseline, scale(baseline, rule, PAPER))
    if times_flops is None or not isfinite(times_flops) or not BUDGETS[0] <= times_flops <= BUDGETS[1]:
        raise ValueError(f"times_flops is {times_flops}; it must be between {BUDGETS[0]:g} and {BUDGETS[1]:g}")
    if rounding is not FITTED:
        return _measured(baseline, rule.network(baseline, times_flops, rounding))
    budget = times_flops * cost(baseline).flops
    if isinstance(rule, Shares):
        found = _by_shares(baseline, rule, times_flops)
        tolerance = TOLERANCE if rule.width > 0 else TOLERANCE_WITHOUT_WIDTH
    else:

        def knob(times: float) -> Network:
            return rule.network(baseline, times, rounding)

        found = _measured(baseline, _nearest(_bracket(knob, budget, times_flops), budget))
        tolerance = TOLERANCE_WITHOUT_WIDTH
    if abs(found.times_flops / times_flops - 1) > tolerance:
        raise ValueError(
            f"no network within {tolerance:.0%} of {times_flops:g} times the baseline's FLOPs; the nearest has "
            f"{found.times_flops:.4g} times (depths {list(found.network.depths)}, side {found.network.side} px)"
        )
    return found


def _by_shares(baseline: Network, rule: Shares, times_flops: float) -> Fit:
    """Of the sides and block counts next to the asked ones, what is left solved, the fit nearest to the shares.

    Widths are solved where the rule has a share of them, else blocks, else nothing is left but the side.
    """
    asked = rule.multipliers(times_flops)
    budget = times_flops * cost(baseline).flops
    fits = []
    for side in _around(asked.r * baseline.side, 1 if asked.r == 1 else baseline.total_stride, at_least=1):
        if rule.width > 0:
            networks = _widened(baseline, asked, side, budget)
        elif rule.depth > 0:
            networks = _deepened(baseline, side, budget)
        else:
            networks = [replace(baseline, side=side)]
        fits += [_measured(baseline, network) for network in networks]
    met = [found for found in fits if abs(found.times_flops / times_flops - 1) <= TOLERANCE]
    if not met:
        return min(fits, key=lambda found: abs(log(found.times_flops / times_flops)))
    return min(met, key=lambda found: _distance(found.got, asked))


def _widened(baseline: Network, asked: Multipliers, side: int, budget: float) -> list[Network]:
    """For the block counts on both sides of the asked one, the network whose widths bring it nearest to the budget.

    Where one more step of the multiplier moves several widths at once, the later ones move first.
    """
    networks = []
    for total in _around(asked.d * sum(baseline.depths), 1, at_least=fewest_blocks(baseline)):
        depths = shared_out(baseline, total)

        def make(w: float, depths: tuple[int, ...] = depths) -> Network:
            return reshape(baseline, depths, lambda channels: FITTED.width(channels, w), side)

        low, high = _bracket(make, budget, asked.w)
        between = [replace(high, stem=low.stem, stages=low.stages[:i] + high.stages[i:]) for i in range(len(depths))]
        networks.append(_nearest([low, *between, high], budget))
    return networks


def _deepened(baseline: Network, side: int, budget: float) -> list[Network]:
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
    factor = 1 + (budget - spent) / sum(depth * each for depth, each in zip(start.depths, further, strict=True))
    wanted = [max(1.0, factor * len(stage.blocks)) if stage.deepens else len(stage.blocks) for stage in start.stages]

    def off(depths: tuple[int, ...]) -> float:
        more = (each * (new - old) for each, new, old in zip(further, depths, start.depths, strict=True))
        return abs((spent + sum(more)) / budget - 1)

    def unevenness(depths: tuple[int, ...]) -> float:
        return sum((depth - exact) ** 2 for depth, exact in zip(depths, wanted, strict=True))

    totals = _around(sum(wanted), 1, at_least=fewest_blocks(start))
    best = min((shared_out(start, total) for total in totals), key=off)
    if off(best) > NEAR_ENOUGH:
        choices = [best, *product(*({floor(exact + 1e-9), ceil(exact - 1e-9)} for exact in wanted))]
        near = [depths for depths in choices if off(depths) <= NEAR_ENOUGH]
        best = min(near, key=unevenness) if near else min(choices, key=off)
    return [reshape(start, best, _same, side)]


def _one_more(depths: tuple[int, ...], stage: int) -> tuple[int, ...]:
    return (*depths[:stage], depths[stage] + 1, *depths[stage + 1 :])


def _same(channels: int) -> int:
    return channels


def _around(wanted: float, grid: int, at_least: int) -> list[int]:
    """The multiples of `grid` on both sides of `wanted`, or the one that it is."""
    below, above = floor(wanted / grid + 1e-9) * grid, ceil(wanted / grid - 1e-9) * grid
    return sorted({max(at_least, grid, below), max(at_least, grid, above)})


def _distance(got: Multipliers, asked: Multipliers) -> float:
    return log(got.d / asked.d) ** 2 + (2 * log(got.w / asked.w)) ** 2 + (2 * log(got.r / asked.r)) ** 2


def _bracket(make: Callable[[float], Network], budget: float, start: float) -> tuple[Network, Network]:
    """The networks next below and next above the budget on a growing knob, by bisection around `start`."""
    low, high = start / 8, start * 8
    while high / low > 1 + 1e-6:
        knob = sqrt(low * high)
        flops = cost(make(knob)).flops
        if flops == budget:
            return make(knob), make(knob)
        low, high = (knob, high) if flops < budget else (low, knob)
    return make(low), make(high)


def _nearest(networks: Iterable[Network], budget: float) -> Network:
    return min(networks, key=lambda network: abs(cost(network).flops - budget))


def _measured(baseline: Network, network: Network) -> Fit:
    got = Multipliers(
        d=sum(network.depths) / sum(baseline.depths),
        w=sum(network.widths) / sum(baseline.widths),
        r=network.side / baseline.side,
    )
    return Fit(network, cost(network).flops / cost(baseline).flops, got)
