"""Rows whose count is the number that another row prints: numbers that changed places."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from scaling_lab.paper.audit.printed import Printed
from scaling_lab.paper.audit.recount import Recount

WITHIN = 1.0
"""Percent: a count fits a printed number when it prints its digits or is that near."""


@dataclass(frozen=True)
class Item:
    """A row of one base network: its name, what the lab counts, what is printed."""

    name: str
    counted: int
    printed: Printed


@dataclass(frozen=True)
class Fit:
    """The count of `row`, which does not come out, fits what `other` prints; `mutual`: and the other way round."""

    row: Item
    other: Item
    mutual: bool

    @property
    def off(self) -> float:
        """By how many percent the row's count is above what the other prints."""
        return self.other.printed.off(self.row.counted)


def swaps(items: Sequence[Item]) -> list[Fit]:
    """For each row that does not come out, the rows whose printed number its count fits; a swap is told once."""
    found: list[Fit] = []
    for row, other in permutations(items, 2):
        if row.printed.comes_out(row.counted) or not other.printed.near(row.counted, WITHIN):
            continue
        mutual = not other.printed.comes_out(other.counted) and row.printed.near(other.counted, WITHIN)
        if not (mutual and any((fit.row, fit.other) == (other, row) for fit in found)):
            found.append(Fit(row, other, mutual))
    return found


def by_base(recounts: Sequence[Recount]) -> dict[tuple[str, str], list[Item]]:
    """The rows of the tables, by table and base network. Points of drawings lie too close for a fit to say anything."""
    groups: dict[tuple[str, str], list[Item]] = {}
    for each in recounts:
        if each.has_flops and not each.printed.drawn:
            item = Item(each.row.label, each.usual.flops, each.printed)
            groups.setdefault((each.row.table, each.row.base), []).append(item)
    return groups
