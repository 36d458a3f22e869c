"""A published row counted: under the usual reading, and under every other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from scaling_lab.networks.costs.cost import cost
from scaling_lab.paper.audit.printed import Printed
from scaling_lab.paper.audit.readings import Options, Reading, every_reading, options
from scaling_lab.paper.audit.rows import Row


@dataclass(frozen=True)
class Count:
    """What a network costs: side in pixels, multiply-adds, parameters."""

    side: int
    flops: int
    params: int


@dataclass(frozen=True)
class Recount:
    """A row and its counts by reading, the usual one first. A row that the lab cannot count has none."""

    row: Row
    open: Options | None = None
    counts: Mapping[Reading, Count] = field(default_factory=dict)

    @property
    def usual(self) -> Count:
        return next(iter(self.counts.values()))

    @property
    def printed(self) -> Printed:
        if self.row.flops is None:
            raise ValueError(f"{self.row.label} prints no FLOPs")
        return self.row.flops

    @property
    def has_flops(self) -> bool:
        """Whether there is a printed and a counted number to compare."""
        return bool(self.counts) and self.row.flops is not None

    @property
    def off(self) -> float:
        """By how many percent the usual count is above the printed FLOPs."""
        return self.printed.off(self.usual.flops)

    @property
    def comes_out(self) -> bool:
        """Whether the usual count prints the row's FLOPs."""
        return self.printed.comes_out(self.usual.flops)

    @cached_property
    def tried(self) -> tuple[Count, ...]:
        """The different counts of all readings."""
        return tuple(dict.fromkeys(self.counts.values()))

    @cached_property
    def fitting(self) -> dict[Count, Reading]:
        """The counts that print the row's numbers, each with the reading nearest to the usual one."""
        found: dict[Count, Reading] = {}
        for reading, count in sorted(self.counts.items(), key=lambda item: item[0].departures):
            if self.prints(count):
                found.setdefault(count, reading)
        return found

    def prints(self, count: Count) -> bool:
        """Whether a count has the printed FLOPs, and the printed parameters where the usual count has them."""
        other = self.row.params is not None and self.params_come_out and not self.row.params.comes_out(count.params)
        return self.printed.comes_out(count.flops) and not other

    @property
    def span(self) -> tuple[int, int]:
        """The lowest and the highest multiply-adds of all readings."""
        flops = [count.flops for count in self.tried]
        return min(flops), max(flops)

    @property
    def out_of_reach(self) -> bool:
        """Whether no reading comes out and the printed FLOPs lie below or above them all."""
        low, high = self.span
        return not self.fitting and not low <= self.printed.value * self.printed.unit <= high

    @property
    def nearest(self) -> float:
        """By how many percent the nearest of all counts is above the printed FLOPs."""
        return min((self.printed.off(count.flops) for count in self.tried), key=abs)

    @property
    def params_off(self) -> float | None:
        """By how many percent the usual count is above the printed parameters."""
        return self.row.params.off(self.usual.params) if self.row.params and self.counts else None

    @property
    def params_come_out(self) -> bool | None:
        """Whether the usual count prints the row's parameters."""
        return self.row.params.comes_out(self.usual.params) if self.row.params and self.counts else None

    def under(self, reading: Reading) -> Count:
        """The count under a reading; what the row does not leave open is as the row has it."""
        if self.open is None:
            raise ValueError(f"{self.row.label} is not counted")
        return self.counts[self.open.settle(reading)]


def recount(row: Row) -> Recount:
    """Counts a row under every reading."""
    if row.by is None or row.why_not:
        return Recount(row)
    left = options(row.start, row.by, row.side)
    counts = {}
    for reading in left.readings():
        network = left.network(reading)
        spent = cost(network)
        counts[reading] = Count(network.side, spent.flops, spent.params)
    return Recount(row, left, counts)


def printing_sides(each: Recount) -> tuple[int, int] | None:
    """The lowest and highest side at which the usual reading's network prints the FLOPs of a row that scales the side.

    None where the usual count comes out anyway, or no side between half and twice does it.
    """
    by, row = each.row.by, each.row
    if by is None or each.open is None or by.r == 1 or row.side is not None or each.printed.drawn or each.comes_out:
        return None
    network = each.open.network(next(iter(each.counts)))
    near = range(network.side // 2, 2 * network.side)
    sides = [side for side in near if each.printed.comes_out(cost(replace(network, side=side)).flops)]
    return (sides[0], sides[-1]) if sides else None


@dataclass(frozen=True)
class Best:
    """The one reading that makes most of some rows come out."""

    reading: Reading
    out: tuple[Row, ...]
    rows: int


def best(recounts: Sequence[Recount]) -> Best | None:
    """The reading, one for all of these rows, under which most come out; the nearest to the usual of several."""
    counted = [each for each in recounts if each.has_flops]
    if not counted:
        return None
    found = []
    for reading in every_reading():
        out = tuple(each.row for each in counted if each.prints(each.under(reading)))
        found.append(Best(reading, out, len(counted)))
    return max(found, key=lambda each: (len(each.out), -each.reading.departures))
