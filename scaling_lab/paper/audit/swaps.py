"""Rows whose count matches the number that another row prints: numbers that may have been swapped in the paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from scaling_lab.paper.audit.printed import PrintedNumber
from scaling_lab.paper.audit.recount import Recount

TOLERANCE_PERCENT = 1.0
"""A count fits another row's number when it matches its digits or is within this many percent."""


@dataclass(frozen=True)
class CountedRow:
    """A row of one base network: its name, the lab's count, and the printed number."""

    name: str
    counted: int
    printed: PrintedNumber


@dataclass(frozen=True)
class SwapCandidate:
    """A row whose count does not match its own number but fits another row's. is_mutual: the reverse also holds."""

    row: CountedRow
    other: CountedRow
    is_mutual: bool

    @property
    def deviation(self) -> float:
        """By how many percent the row's count is above the other row's printed number."""
        return self.other.printed.deviation(self.row.counted)


def find_swaps(rows: Sequence[CountedRow]) -> list[SwapCandidate]:
    """Find for each row without a match the rows whose printed number its count fits; a mutual pair is listed once."""
    swaps: list[SwapCandidate] = []
    for row, other in permutations(rows, 2):
        if row.printed.matches(row.counted) or not other.printed.is_near(row.counted, TOLERANCE_PERCENT):
            continue
        mutual = not other.printed.matches(other.counted) and row.printed.is_near(other.counted, TOLERANCE_PERCENT)
        if not (mutual and any((swap.row, swap.other) == (other, row) for swap in swaps)):
            swaps.append(SwapCandidate(row, other, mutual))
    return swaps


def group_by_base(recounts: Sequence[Recount]) -> dict[tuple[str, str], list[CountedRow]]:
    """Group the rows of tables by table and base network.

    Points of drawings are left out: they are so close together that a fit means nothing.
    """
    groups: dict[tuple[str, str], list[CountedRow]] = {}
    for recount in recounts:
        if recount.has_flops and not recount.printed.is_drawn:
            row = CountedRow(recount.row.label, recount.usual.flops, recount.printed)
            groups.setdefault((recount.row.table, recount.row.base), []).append(row)
    return groups
