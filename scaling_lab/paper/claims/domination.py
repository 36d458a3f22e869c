"""Networks that are less accurate than networks of no higher cost, tested with Holm's correction over all pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.stats.contrast import ALPHA, MIN_SEEDS
from scaling_lab.analysis.stats.holm import adjust_p_values
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.paper.claims.measured import ContrastTest, contrast_test

COMPARED_COSTS = ("flops", "params")


@dataclass(frozen=True)
class DominationCounts:
    """Numbers of networks of either side that are dominated by the other.

    Attributes:
        won: Their networks that are significantly less accurate than one of ours of no higher cost.
        comparable: Their networks that cost no less than one of ours.
        lost: Our networks that are significantly less accurate than one of theirs of no higher cost.
        facing: Our networks that cost no less than one of theirs.
        pairs: Pairs that were tested.
        reason: What is missing if no pair was tested.
    """

    won: int
    comparable: int
    lost: int
    facing: int
    pairs: int
    reason: str = ""


def count_dominations(ours: Sequence[Cell], theirs: Sequence[Cell], looks: Sequence[Look] = ()) -> DominationCounts:
    """Test every pair of one of our networks and one of theirs of which one costs no more than the other.

    Args:
        ours: Networks of one side.
        theirs: Networks of the other side.
        looks: Earlier looks at the verdicts of the study.
    """
    our_cells, their_cells = ([cell for cell in side if _is_usable(cell)] for side in (ours, theirs))
    if not our_cells or not their_cells:
        reason = f"only {len(our_cells)} and {len(their_cells)} have {MIN_SEEDS} seeds and known costs"
        return DominationCounts(0, 0, 0, 0, 0, reason)
    tests: list[tuple[Cell, ContrastTest]] = []
    for lower_cells, higher_cells in ((our_cells, their_cells), (their_cells, our_cells)):
        pairs = ((first, second) for first in lower_cells for second in higher_cells if _costs_no_more(first, second))
        for cheaper, costlier in pairs:
            difference = contrast_test([(cheaper, 1.0), (costlier, -1.0)], looks)
            if difference is not None:
                tests.append((costlier, difference))
    if not tests:
        reason = "none has both no more FLOPs and no more parameters than one of the others"
        return DominationCounts(0, 0, 0, 0, 0, reason)
    adjusted = adjust_p_values([difference.p for _, difference in tests])
    dominated = {
        cell for (cell, difference), p in zip(tests, adjusted, strict=True) if p < ALPHA and difference.value > 0
    }
    compared = {cell for cell, _ in tests}
    return DominationCounts(
        won=len(dominated & set(their_cells)),
        comparable=len(compared & set(their_cells)),
        lost=len(dominated & set(our_cells)),
        facing=len(compared & set(our_cells)),
        pairs=len(tests),
    )


def _is_usable(cell: Cell) -> bool:
    return len(cell.seeds) >= MIN_SEEDS and all(name in cell.costs for name in COMPARED_COSTS)


def _costs_no_more(cell: Cell, other: Cell) -> bool:
    return all(cell.costs[name] <= other.costs[name] for name in COMPARED_COSTS)
