"""Networks that the paper shows in several places, and the points of Figure 4 whose width it does not print."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import FITTED, PAPER, Rounding
from scaling_lab.networks.scaling.scale import scale
from scaling_lab.paper.audit.printed import agree_as_printed
from scaling_lab.paper.audit.readings import baseline_network
from scaling_lab.paper.audit.rows import PublishedRow

SINGLE_CHANNELS = Rounding("channels", PAPER.depths, FITTED.width, PAPER.side)
"""The usual reading, but with widths in single channels, so that a width can be solved for."""


@dataclass(frozen=True)
class RepeatedNetwork:
    """Multipliers that more than one row of the paper is about, with these rows."""

    multipliers: Multipliers
    rows: tuple[PublishedRow, ...]

    @property
    def has_conflict(self) -> bool:
        """Whether two of the rows print FLOPs or accuracies that differ at the digits both print."""
        return any(not has_same_numbers(row, other) for row in self.rows for other in self.rows)


@dataclass(frozen=True)
class RowPair:
    """Two rows of different tables or figures that print the same FLOPs and the same accuracy."""

    row: PublishedRow
    other: PublishedRow

    @property
    def has_same_multipliers(self) -> bool:
        """Whether both rows also have the same multipliers, at the one decimal that the paper prints."""
        first, second = self.row.multipliers, self.other.multipliers
        return first is not None and second is not None and _round_multipliers(first) == _round_multipliers(second)


@dataclass(frozen=True)
class SolvedWidth:
    """A point whose width multiplier is not printed, with the width at which the baseline costs the drawn FLOPs."""

    row: PublishedRow
    multipliers: Multipliers


def has_same_numbers(row: PublishedRow, other: PublishedRow) -> bool:
    """Return whether two rows have the same FLOPs and accuracy at the digits that both print."""
    if row.flops is None or other.flops is None:
        return False
    return agree_as_printed(row.flops.text, other.flops.text) and agree_as_printed(row.top1, other.top1)


def find_repeated_networks(rows: Sequence[PublishedRow]) -> list[RepeatedNetwork]:
    """Find the multipliers of one base network that appear in more than one table or figure."""
    groups: dict[tuple[str, Multipliers], list[PublishedRow]] = {}
    for row in rows:
        if row.multipliers is not None and row.flops is not None and row.top1:
            groups.setdefault((row.start_family, row.multipliers), []).append(row)
    return [
        RepeatedNetwork(multipliers, tuple(group))
        for (_, multipliers), group in groups.items()
        if len({row.table for row in group}) > 1
    ]


def pair_rows(rows: Sequence[PublishedRow], table: str, other_table: str) -> dict[PublishedRow, list[RowPair]]:
    """Pair each row of one table or figure with the rows of another that have its FLOPs and accuracy (maybe none)."""
    others = [row for row in rows if row.table == other_table]
    return {
        row: [RowPair(row, other) for other in others if has_same_numbers(row, other)]
        for row in rows
        if row.table == table and row.multipliers is not None
    }


def solve_drawn_widths(rows: Sequence[PublishedRow]) -> list[SolvedWidth]:
    """Solve for the width multiplier of each point of Figure 4 that prints none."""
    solutions = []
    for row in rows:
        curve = re.match(r"d=([\d.]+) r=([\d.]+) ", row.label)
        if curve and row.multipliers is None and row.flops is not None:
            d, r = float(curve[1]), float(curve[2])
            flops = float(row.flops.value) * row.flops.unit
            solutions.append(SolvedWidth(row, Multipliers(d, solve_drawn_width(row.start_family, d, r, flops), r)))
    return solutions


def solve_drawn_width(family: str, d: float, r: float, flops: float) -> float:
    """Return the width multiplier at which a family with depth multiplier d and side multiplier r costs some FLOPs."""
    low, high = 0.05, 50.0
    while high / low > 1 + 1e-4:
        middle = sqrt(low * high)
        network = scale(baseline_network(family), Multipliers(d, middle, r), SINGLE_CHANNELS)
        low, high = (middle, high) if network_cost(network).flops < flops else (low, middle)
    return sqrt(low * high)


def _round_multipliers(multipliers: Multipliers) -> tuple[float, ...]:
    return tuple(round(number, 1) for number in (multipliers.d, multipliers.w, multipliers.r))
