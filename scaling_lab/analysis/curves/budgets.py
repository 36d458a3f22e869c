"""Collect the networks of each rule, budget by budget, from the baseline up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.evidence import Arm
from scaling_lab.formatting import TIMES


@dataclass(frozen=True, eq=False)
class CurvePoint:
    """A network of a rule at a requested budget.

    Attributes:
        times_flops: Requested budget in times the baseline's FLOPs.
        flops: Multiply-adds.
        is_off_rule: Whether the network is not its rule's, because rounding gave it other shares.
    """

    times_flops: float
    flops: float
    cell: Cell
    is_off_rule: bool = False

    @property
    def accuracy(self) -> float:
        """Mean test accuracy over seeds, 0 to 1."""
        return float(self.cell.accuracy.mean())


def collect_curve_points(arms: Sequence[Arm]) -> dict[str, tuple[tuple[CurvePoint, ...], str | None]]:
    """Return the networks of each rule in one setting, by FLOPs, from the 1x baseline up.

    The baseline is the 1x network with the most seeds, the same for all rules. Networks off their budget are left out.

    Returns:
        By rule, its points and the reason why they allow no curve, as a clause; None if they do.
    """
    finished = [
        arm
        for arm in arms
        if arm.times_flops is not None and arm.is_on_budget and arm.cell and "flops" in arm.cell.costs
    ]
    baselines = [arm.cell for arm in finished if arm.times_flops == 1 and arm.cell]
    baseline = max(baselines, key=lambda cell: len(cell.seeds), default=None)
    points_by_rule: dict[str, tuple[tuple[CurvePoint, ...], str | None]] = {}
    for rule in dict.fromkeys(arm.rule for arm in arms if arm.times_flops is not None):
        by_budget: dict[float, list[Cell]] = {1.0: [baseline]} if baseline else {}
        for arm in finished:
            if arm.rule == rule and arm.times_flops not in (None, 1) and arm.cell:
                by_budget.setdefault(arm.times_flops, []).append(arm.cell)
        ambiguous = [times for times, cells in by_budget.items() if len(dict.fromkeys(cells)) > 1]
        off = {arm.times_flops for arm in finished if arm.rule == rule and arm.is_off_rule}
        points = [
            CurvePoint(times, cells[0].costs["flops"], cells[0], times in off) for times, cells in by_budget.items()
        ]
        reason = f"it has several networks at {format_budgets(ambiguous)}" if ambiguous else None
        points_by_rule[rule] = (tuple(sorted(points, key=lambda point: point.flops)), reason)
    return points_by_rule


def format_budgets(times: Iterable[float]) -> str:
    """Return budgets as `1x, 2x`, rising, with a multiplication sign."""
    return ", ".join(f"{budget:g}{TIMES}" for budget in sorted(times))
