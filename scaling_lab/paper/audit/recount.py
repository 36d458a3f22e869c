"""The lab's counts of a published row: under the usual reading and under every other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.paper.audit.printed import PrintedNumber
from scaling_lab.paper.audit.readings import OpenChoices, Reading, all_readings, open_choices
from scaling_lab.paper.audit.rows import PublishedRow


@dataclass(frozen=True)
class CountedNetwork:
    """Costs of a network: side in pixels, multiply-adds, parameters."""

    side: int
    flops: int
    params: int


@dataclass(frozen=True)
class Recount:
    """A published row and its counts.

    Attributes:
        row: The published row.
        choices: What the row leaves open; None for a row that the lab cannot count.
        counts: Counts by reading, the usual one first; empty for a row that the lab cannot count.
    """

    row: PublishedRow
    choices: OpenChoices | None = None
    counts: Mapping[Reading, CountedNetwork] = field(default_factory=dict)

    @property
    def usual(self) -> CountedNetwork:
        """The count under the usual reading."""
        return next(iter(self.counts.values()))

    @property
    def printed(self) -> PrintedNumber:
        if self.row.flops is None:
            raise ValueError(f"{self.row.label} prints no FLOPs")
        return self.row.flops

    @property
    def has_flops(self) -> bool:
        """Whether there are printed and counted FLOPs to compare."""
        return bool(self.counts) and self.row.flops is not None

    @property
    def deviation(self) -> float:
        """By how many percent the usual count is above the printed FLOPs."""
        return self.printed.deviation(self.usual.flops)

    @property
    def is_match(self) -> bool:
        """Whether the usual count matches the printed FLOPs."""
        return self.printed.matches(self.usual.flops)

    @cached_property
    def distinct_counts(self) -> tuple[CountedNetwork, ...]:
        """The distinct counts over all readings."""
        return tuple(dict.fromkeys(self.counts.values()))

    @cached_property
    def matching_counts(self) -> dict[CountedNetwork, Reading]:
        """The distinct counts that match the row, each with the reading nearest to the usual one."""
        matching: dict[CountedNetwork, Reading] = {}
        for reading, count in sorted(self.counts.items(), key=lambda item: len(item[0].departures)):
            if self.matches(count):
                matching.setdefault(count, reading)
        return matching

    def matches(self, count: CountedNetwork) -> bool:
        """Return whether a count has the printed FLOPs and, if the usual count has them, the printed parameters."""
        params = self.row.params
        breaks_params = params is not None and self.is_params_match and not params.matches(count.params)
        return self.printed.matches(count.flops) and not breaks_params

    @property
    def flops_range(self) -> tuple[int, int]:
        """The lowest and highest multiply-adds over all readings."""
        flops = [count.flops for count in self.distinct_counts]
        return min(flops), max(flops)

    @property
    def is_out_of_reach(self) -> bool:
        """Whether no reading matches and the printed FLOPs are below or above the counts of all readings."""
        low, high = self.flops_range
        return not self.matching_counts and not low <= self.printed.value * self.printed.unit <= high

    @property
    def nearest_deviation(self) -> float:
        """By how many percent the nearest of all counts is above the printed FLOPs."""
        return min((self.printed.deviation(count.flops) for count in self.distinct_counts), key=abs)

    @property
    def params_deviation(self) -> float | None:
        """By how many percent the usual count is above the printed parameters."""
        return self.row.params.deviation(self.usual.params) if self.row.params and self.counts else None

    @property
    def is_params_match(self) -> bool | None:
        """Whether the usual count matches the printed parameters; None if there is nothing to compare."""
        return self.row.params.matches(self.usual.params) if self.row.params and self.counts else None

    def count_under(self, reading: Reading) -> CountedNetwork:
        """Return the count under a reading; choices that the row does not leave open are the row's own."""
        if self.choices is None:
            raise ValueError(f"{self.row.label} is not counted")
        return self.counts[self.choices.restrict(reading)]


def recount_row(row: PublishedRow) -> Recount:
    """Count a row under every reading."""
    if row.multipliers is None or row.reason:
        return Recount(row)
    choices = open_choices(row.start_family, row.multipliers, row.side)
    counts = {}
    for reading in choices.readings():
        network = choices.network(reading)
        costs = network_cost(network)
        counts[reading] = CountedNetwork(network.side, costs.flops, costs.params)
    return Recount(row, choices, counts)


def find_matching_sides(recount: Recount) -> tuple[int, int] | None:
    """Return the lowest and highest side at which the usual reading's network matches a row that scales the side.

    None if the usual count matches anyway, or if no side between half and twice the usual one matches.
    """
    row, multipliers = recount.row, recount.row.multipliers
    if multipliers is None or recount.choices is None or multipliers.r == 1 or row.side is not None:
        return None
    if recount.printed.is_drawn or recount.is_match:
        return None
    network = recount.choices.network(next(iter(recount.counts)))
    candidates = range(network.side // 2, 2 * network.side)
    sides = [side for side in candidates if recount.printed.matches(network_cost(replace(network, side=side)).flops)]
    return (sides[0], sides[-1]) if sides else None


@dataclass(frozen=True)
class BestReading:
    """The single reading under which most of some rows match. rows: those that match; total: rows compared."""

    reading: Reading
    rows: tuple[PublishedRow, ...]
    total: int


def find_best_reading(recounts: Sequence[Recount]) -> BestReading | None:
    """Find the single reading under which most of these rows match; of several, the one nearest to the usual."""
    counted = [recount for recount in recounts if recount.has_flops]
    if not counted:
        return None
    candidates = []
    for reading in all_readings():
        rows = tuple(recount.row for recount in counted if recount.matches(recount.count_under(reading)))
        candidates.append(BestReading(reading, rows, len(counted)))
    return max(candidates, key=lambda best: (len(best.rows), -len(best.reading.departures)))
