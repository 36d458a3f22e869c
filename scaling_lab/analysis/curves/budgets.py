"""What a rule came to, budget by budget, from the baseline up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scaling_lab.analysis.evidence import Arm, Cell
from scaling_lab.formatting import TIMES


@dataclass(frozen=True, eq=False)
class CurvePoint:
    """A network of a rule at an asked budget."""

    times_flops: float
    flops: float
    cell: Cell

    @property
    def accuracy(self) -> float:
        """Mean over seeds, 0 to 1."""
        return float(self.cell.accuracy.mean())


def collect_curve_points(arms: Sequence[Arm]) -> dict[str, tuple[tuple[CurvePoint, ...], str | None]]:
    """Each rule of budgets in one setting: its networks by FLOPs from the 1x baseline on, and what forbids a curve.

    The baseline is the 1x network with the most seeds, the same for all rules. Budgets that were not met are left out.
    """
    done = [
        arm
        for arm in arms
        if arm.times_flops is not None and arm.is_on_budget and arm.cell and "flops" in arm.cell.costs
    ]
    starts = [arm.cell for arm in done if arm.times_flops == 1 and arm.cell]
    baseline = max(starts, key=lambda cell: len(cell.seeds), default=None)
    found: dict[str, tuple[tuple[CurvePoint, ...], str | None]] = {}
    for rule in dict.fromkeys(arm.rule for arm in arms if arm.times_flops is not None):
        own: dict[float, list[Cell]] = {1.0: [baseline]} if baseline else {}
        for arm in done:
            if arm.rule == rule and arm.times_flops not in (None, 1) and arm.cell:
                own.setdefault(arm.times_flops, []).append(arm.cell)
        several = [times for times, cells in own.items() if len(dict.fromkeys(cells)) > 1]
        points = [CurvePoint(times, cells[0].costs["flops"], cells[0]) for times, cells in own.items()]
        why = f"several networks were asked of it at {format_budgets(several)}" if several else None
        found[rule] = (tuple(sorted(points, key=lambda point: point.flops)), why)
    return found


def format_budgets(times: Iterable[float]) -> str:
    """`1x, 2x`, rising, with a real multiplication sign."""
    return ", ".join(f"{each:g}{TIMES}" for each in sorted(times))
