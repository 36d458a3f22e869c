"""Which networks are beaten by networks that cost no more, told apart by Holm over all pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.rule_pairs import ALPHA, adjust_p_values
from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.paper.claims.measured import Tested, tested

COSTS = ("flops", "params")


@dataclass(frozen=True)
class Dominations:
    """won: theirs that are beaten by some of ours, of `comparable` that some of ours cost no more than.

    lost and facing: the same the other way round. tested: pairs. why: what is missing where there are none.
    """

    won: int
    comparable: int
    lost: int
    facing: int
    tested: int
    why: str = ""


def dominations(ours: Sequence[Cell], theirs: Sequence[Cell]) -> Dominations:
    """Every pair of a network of ours and one of theirs of which one costs no more than the other."""
    usable = [[cell for cell in side if _usable(cell)] for side in (ours, theirs)]
    if not usable[0] or not usable[1]:
        return Dominations(
            0, 0, 0, 0, 0, f"{len(usable[0])} and {len(usable[1])} have {MIN_SEEDS} seeds and a known cost"
        )
    pairs: list[tuple[Cell, Cell, Tested]] = []
    for cheap, dear in ((usable[0], usable[1]), (usable[1], usable[0])):
        for a, b in ((a, b) for a in cheap for b in dear if _no_dearer(a, b)):
            difference = tested([(a, 1.0), (b, -1.0)])
            if difference is not None:
                pairs.append((a, b, difference))
    if not pairs:
        return Dominations(0, 0, 0, 0, 0, "none has both no more FLOPs and no more parameters than one of the others")
    corrected = adjust_p_values([difference.p for *_, difference in pairs])
    beaten = {
        b for (_, b, difference), (p, _) in zip(pairs, corrected, strict=True) if p < ALPHA and difference.value > 0
    }
    faced = {b for _, b, _ in pairs}
    of_theirs, of_ours = set(usable[1]), set(usable[0])
    return Dominations(
        won=len(beaten & of_theirs),
        comparable=len(faced & of_theirs),
        lost=len(beaten & of_ours),
        facing=len(faced & of_ours),
        tested=len(pairs),
    )


def _usable(cell: Cell) -> bool:
    return len(cell.seeds) >= MIN_SEEDS and all(name in cell.costs for name in COSTS)


def _no_dearer(a: Cell, b: Cell) -> bool:
    return all(a.costs[name] <= b.costs[name] for name in COSTS)
