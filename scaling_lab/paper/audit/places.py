"""One network in several places of the paper, and the points whose width the paper does not print."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from scaling_lab.networks.costs.cost import cost
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import FITTED, PAPER, Rounding
from scaling_lab.networks.scaling.scale import scale
from scaling_lab.paper.audit.printed import agree
from scaling_lab.paper.audit.readings import baseline
from scaling_lab.paper.audit.rows import Row

CHANNELS = Rounding("channels", PAPER.depths, FITTED.width, PAPER.side)
"""As the usual reading, but with widths in single channels, so that a width can be solved for."""


@dataclass(frozen=True)
class Place:
    """One multiplier of depth, width and side, and every row that is about it."""

    by: Multipliers
    rows: tuple[Row, ...]

    @property
    def disagrees(self) -> bool:
        """Whether two of the rows print FLOPs or accuracies that differ at the digits both print."""
        return any(not same_numbers(one, other) for one in self.rows for other in self.rows)


@dataclass(frozen=True)
class Twin:
    """Two rows of different tables or figures that print the same FLOPs and the same accuracy."""

    row: Row
    other: Row

    @property
    def same_multipliers(self) -> bool:
        """Whether the two rows are also said to be the same network, at the one decimal that the paper prints."""
        one, other = self.row.by, self.other.by
        return one is not None and other is not None and _one_decimal(one) == _one_decimal(other)


@dataclass(frozen=True)
class Solved:
    """A point whose width multiplier is not printed, and the one at which the baseline would cost that."""

    row: Row
    by: Multipliers


def same_numbers(row: Row, other: Row) -> bool:
    """Whether FLOPs and accuracy are the same at the digits that both rows print."""
    if row.flops is None or other.flops is None:
        return False
    return agree(row.flops.text, other.flops.text) and agree(row.top1, other.top1)


def places(rows: Sequence[Row]) -> list[Place]:
    """The multipliers that more than one row is about, by base network."""
    groups: dict[tuple[str, Multipliers], list[Row]] = {}
    for row in rows:
        if row.by is not None and row.flops is not None and row.top1:
            groups.setdefault((row.start, row.by), []).append(row)
    return [Place(by, tuple(same)) for (_, by), same in groups.items() if len({row.table for row in same}) > 1]


def twins(rows: Sequence[Row], of: str, among: str) -> dict[Row, list[Twin]]:
    """For each row of one table or figure, the rows of another with the same FLOPs and accuracy: none, one, or more."""
    others = [row for row in rows if row.table == among]
    return {
        row: [Twin(row, other) for other in others if same_numbers(row, other)]
        for row in rows
        if row.table == of and row.by is not None
    }


def solved(rows: Sequence[Row]) -> list[Solved]:
    """The points of Figure 4 without w, each with the w at which B0 costs what it shows."""
    found = []
    for row in rows:
        curve = re.match(r"d=([\d.]+) r=([\d.]+) ", row.label)
        if curve and row.by is None and row.flops is not None:
            d, r = float(curve[1]), float(curve[2])
            flops = float(row.flops.value) * row.flops.unit
            found.append(Solved(row, Multipliers(d, width(row.start, d, r, flops), r)))
    return found


def width(family: str, d: float, r: float, flops: float) -> float:
    """The width multiplier at which a family, as deep and at that side, costs so many multiply-adds."""
    low, high = 0.05, 50.0
    while high / low > 1 + 1e-4:
        middle = sqrt(low * high)
        spent = cost(scale(baseline(family), Multipliers(d, middle, r), CHANNELS)).flops
        low, high = (middle, high) if spent < flops else (low, middle)
    return sqrt(low * high)


def _one_decimal(by: Multipliers) -> tuple[float, ...]:
    return tuple(round(number, 1) for number in (by.d, by.w, by.r))
