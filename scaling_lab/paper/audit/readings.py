"""Readings: what a printed row leaves open, and the networks that it can mean.

A row prints multipliers. Which network that is depends on how depths and widths become whole numbers, on whether stem
and head take part, on where a bottleneck has its stride, on the side in pixels, and on whether the printed multipliers
are themselves rounded. A reading decides all of these; the usual one is the same for every row.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

from scaling_lab.config import registry
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import Rounding
from scaling_lab.networks.scaling.scale import scale
from scaling_lab.paper.audit.formula import LARGEST_PHI, released, to_the
from scaling_lab.paper.audit.reading_choices import DEPTHS, ENDS, RELEASED, SIDES, STRIDES, UNROUNDED, WIDTHS


@dataclass(frozen=True)
class Reading:
    """One choice of each; the defaults are the usual reading."""

    multipliers: str = "multipliers as printed"
    depths: str = "stages up"
    widths: str = "widths to 8, 90 % rule"
    ends: str = "stem and head scaled"
    strides: str = "stride in the 3x3"
    side: str = "side to the pixel"

    def __str__(self) -> str:
        return ", ".join(vars(self).values())

    def differences(self) -> str:
        """Where it departs from the usual reading."""
        usual = Reading()
        return ", ".join(value for name, value in vars(self).items() if value != getattr(usual, name)) or "usual"

    @property
    def departures(self) -> int:
        """In how many choices it departs from the usual reading."""
        usual = Reading()
        return sum(value != getattr(usual, name) for name, value in vars(self).items())


@cache
def baseline(family: str) -> Network:
    """The network of a family of conf/family. Raises UserError for a name that is not there."""
    network: Network = registry.build_value("family", registry.read_yaml("family", family), family)
    return network


@dataclass(frozen=True)
class Options:
    """What a row leaves open: the choices of each kind that can make another network of it, the usual one first."""

    start: Network
    multipliers: dict[str, Multipliers]
    depths: tuple[str, ...]
    widths: tuple[str, ...]
    ends: tuple[str, ...]
    strides: tuple[str, ...]
    sides: dict[str, dict[str, int]]

    def settle(self, reading: Reading) -> Reading:
        """The reading with every choice that the row does not leave open replaced by the one that it has."""
        told = _kept(reading.multipliers, self.multipliers)
        return Reading(
            told,
            _kept(reading.depths, self.depths),
            _kept(reading.widths, self.widths),
            _kept(reading.ends, self.ends),
            _kept(reading.strides, self.strides),
            _kept(reading.side, self.sides[told]),
        )

    def readings(self) -> Iterator[Reading]:
        """Every reading of the row, the usual one first."""
        for told in self.multipliers:
            for choice in product(self.depths, self.widths, self.ends, self.strides, self.sides[told]):
                yield Reading(told, *choice)

    def network(self, reading: Reading) -> Network:
        """The network that a reading makes."""
        side = self.sides[reading.multipliers][reading.side]
        rounding = Rounding("audit", DEPTHS[reading.depths], WIDTHS[reading.widths], lambda *_: side)
        start = STRIDES[reading.strides](ENDS[reading.ends](self.start))
        return scale(start, self.multipliers[reading.multipliers], rounding)


def options(family: str, by: Multipliers, side: int | None = None) -> Options:
    """What is left open of a family scaled by multipliers. side: in pixels, where it is known."""
    start, exact = baseline(family), {"multipliers as printed": by} if side else _multipliers(by)
    return Options(
        start=start,
        multipliers=exact,
        depths=tuple(DEPTHS) if by.d != 1 else ("stages up",),
        widths=tuple(WIDTHS) if by.w != 1 else ("widths to 8, 90 % rule",),
        ends=tuple(ENDS if start.head.width else ("stem and head scaled", "stem and head kept"))
        if by.w != 1
        else ("stem and head scaled",),
        strides=tuple(STRIDES) if any(make(start) != start for make in STRIDES.values()) else ("stride in the 3x3",),
        sides={told: {RELEASED: side} if side else _sides(start.side, one, by) for told, one in exact.items()},
    )


def every_reading() -> Iterator[Reading]:
    """Every reading there is, the usual one first."""
    sides = (*SIDES, RELEASED)
    told = ("multipliers as printed", UNROUNDED)
    return (Reading(*choice) for choice in product(told, DEPTHS, WIDTHS, ENDS, STRIDES, sides))


def _kept(choice: str, open_to: Collection[str]) -> str:
    return choice if choice in open_to else next(iter(open_to))


def _multipliers(by: Multipliers) -> dict[str, Multipliers]:
    """As printed, and, where all three are a power of the formula rounded to one decimal, that power itself."""
    found = {"multipliers as printed": by}
    for power in (to_the(phi) for phi in range(1, LARGEST_PHI + 1)):
        if all(round(getattr(by, name), 1) == round(getattr(power, name), 1) for name in ("d", "w", "r")):
            found[UNROUNDED] = power
    return found


def _sides(start: int, exact: Multipliers, by: Multipliers) -> dict[str, int]:
    if by.r == 1:
        return {"side to the pixel": start}
    found = {name: nearest(start * exact.r) for name, nearest in SIDES.items()}
    for one in released().itertuples():
        if (one.depth_coeff, one.width_coeff, round(one.resolution / start, 1)) == (by.d, by.w, by.r):
            found[RELEASED] = one.resolution
    return found
