"""Budgets at which resolution alone is exact on the grid of sides, and which other rules have their shares there."""

from collections.abc import Mapping
from dataclasses import dataclass

from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.fit import fit_network
from scaling_lab.networks.scaling.obtained import match_shares
from scaling_lab.networks.scaling.scale import MultiplierRule

MAX_BUDGET = 8.0


@dataclass(frozen=True)
class GridBudget:
    """A budget that a side on the grid meets exactly.

    Attributes:
        times_flops: The budget in times the baseline's FLOPs: the square of the side over the baseline's.
        side: Side in pixels.
        off: Rules that have no network on this budget, or one that is off their shares.
    """

    times_flops: float
    side: int
    off: tuple[str, ...]


def find_grid_budgets(baseline: Network, rules: Mapping[str, MultiplierRule], max_side: int) -> list[GridBudget]:
    """Return the budgets up to 8x whose side is a multiple of the total stride, by growing side.

    Args:
        baseline: The network at 1x. Without a side on the grid it has no such budgets.
        rules: Rules by name.
        max_side: Largest side in pixels, as of the dataset's images.
    """
    return [
        GridBudget(times, side, tuple(name for name, rule in rules.items() if _is_off(baseline, rule, times)))
        for side, times in find_exact_sides(baseline.side, baseline.total_stride).items()
        if side <= max_side
    ]


def find_exact_sides(side: int, stride: int) -> dict[int, float]:
    """Return the budgets up to 8x that resolution alone meets exactly, by side; empty without a side on the grid.

    Args:
        side: Side of the baseline in pixels.
        stride: Its total stride.
    """
    if side % stride:
        return {}
    largest = int(side * MAX_BUDGET**0.5)
    return {larger: (larger / side) ** 2 for larger in range(side + stride, largest + 1, stride)}


def _is_off(baseline: Network, rule: MultiplierRule, times_flops: float) -> bool:
    try:
        fitted = fit_network(baseline, rule, times_flops)
    except ValueError:
        return True
    shares = match_shares(rule.multipliers(times_flops), fitted.obtained.shares)
    return shares is None or shares.is_off
