"""Move a rule's network to the requested budget along the rule's own slope.

Obtained FLOPs (multiply-adds) miss the budget by up to 2 %, or 5 % for a rule without width. Where accuracy rises by
four points per doubling, this alone makes a difference of half a point. So at the budget a rule is a weighted sum of
its network and of a second network of the rule, linear in the logarithm of FLOPs: the nearest one beyond the budget if
there is one, otherwise the nearest one on the other side, such as the baseline.
"""

from collections.abc import Iterable, Sequence
from math import isfinite, log

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.evidence import Arm
from scaling_lab.analysis.stats.contrast import MIN_SEEDS, WeightedCells

EXACT = 0.001
"""FLOPs this close to the budget are equal to it."""
MIN_RATIO = 1.25
"""Least ratio of the FLOPs of the two networks; nearer networks say little about the slope."""


def move_to_budget(cell: Cell, times_flops: float, others: Iterable[Cell]) -> WeightedCells | None:
    """Return the weighted networks that stand for a rule at a budget.

    Args:
        cell: The rule's network at the budget.
        times_flops: The budget in times the baseline's FLOPs.
        others: The rule's other networks and the baseline.

    Returns:
        The network alone if it is at the budget exactly; None if it is not, and no other network has three seeds and
        sufficiently different FLOPs.
    """
    missing = log(times_flops / cell.obtained["times_flops_got"])
    if abs(missing) <= EXACT:
        return [(cell, 1.0)]
    steps = {
        other: step
        for other in others
        if len(other.seeds) >= MIN_SEEDS
        and isfinite(step := log(other.obtained["times_flops_got"] / cell.obtained["times_flops_got"]))
        and abs(step) >= log(MIN_RATIO)
    }
    beyond = [other for other, step in steps.items() if step * missing > 0]
    nearest = min(beyond or steps, key=lambda other: abs(steps[other]), default=None)
    if nearest is None:
        return None
    share = missing / steps[nearest]
    return [(cell, 1 - share), (nearest, share)]


def has_two_budgets(weights: WeightedCells, others: Iterable[Cell]) -> bool:
    """Return whether a network was moved along a slope that no third network of the rule can bear out.

    Args:
        weights: The network and a second one, as `move_to_budget` returns them.
        others: The rule's other networks and the baseline.
    """
    known = {cell for cell in others if len(cell.seeds) >= MIN_SEEDS}
    return len(weights) > 1 and len(known | {cell for cell, _ in weights}) <= 2


def list_other_networks(rule: str, arms: Sequence[Arm]) -> list[Cell]:
    """Return the baseline and the networks of a rule, of the arms of one setting that are at their budget."""
    finished = [arm for arm in arms if arm.times_flops is not None and arm.is_on_budget]
    return list(dict.fromkeys(arm.cell for arm in finished if arm.cell and (arm.rule == rule or arm.times_flops == 1)))
