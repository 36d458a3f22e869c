"""Readings: what a printed row leaves open, and the networks that it can mean.

A row prints multipliers. Which network that is depends on how depths and widths are rounded, on whether the width
multiplier applies to stem and head, on where a bottleneck has its stride, on the side in pixels, and on whether the
printed multipliers are themselves rounded. A reading decides all of these; the usual reading is the same for every row.
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
from scaling_lab.paper.audit.formula import LARGEST_PHI, formula_multipliers, released_coefficients
from scaling_lab.paper.audit.reading_choices import (
    DEPTH_CHOICES,
    END_CHOICES,
    RELEASED_SIDE,
    SIDE_CHOICES,
    STRIDE_CHOICES,
    UNROUNDED_MULTIPLIERS,
    WIDTH_CHOICES,
)


@dataclass(frozen=True)
class Reading:
    """One choice of each kind; the defaults are the usual reading."""

    multipliers: str = "multipliers as printed"
    depths: str = "stages up"
    widths: str = "widths to 8, 90 % rule"
    ends: str = "stem and head scaled"
    strides: str = "stride in the 3x3"
    side: str = "side to the pixel"

    @property
    def departures(self) -> tuple[str, ...]:
        """The choices that differ from the usual reading."""
        usual = Reading()
        return tuple(choice for kind, choice in vars(self).items() if choice != getattr(usual, kind))

    def describe(self) -> str:
        """Return the choices that differ from the usual reading, or "usual". A released side does not count."""
        return ", ".join(choice for choice in self.departures if choice != RELEASED_SIDE) or "usual"


@cache
def baseline_network(family: str) -> Network:
    """Return the network of a family of conf/family.

    Raises:
        UserError: There is no family of this name.
    """
    network: Network = registry.build_value("family", registry.read_yaml("family", family), family)
    return network


@dataclass(frozen=True)
class OpenChoices:
    """What a row leaves open: the choices of each kind that change its network, the usual one first.

    Attributes:
        start: The network that is scaled.
        multipliers: Multipliers by choice.
        depths: Choices of rounding depths.
        widths: Choices of rounding widths.
        ends: Whether stem and head are scaled.
        strides: Where bottlenecks have their stride.
        sides: Side in pixels by choice, for each choice of multipliers.
    """

    start: Network
    multipliers: dict[str, Multipliers]
    depths: tuple[str, ...]
    widths: tuple[str, ...]
    ends: tuple[str, ...]
    strides: tuple[str, ...]
    sides: dict[str, dict[str, int]]

    def restrict(self, reading: Reading) -> Reading:
        """Return the reading with every choice that the row does not leave open replaced by the row's own."""
        multipliers = _restrict(reading.multipliers, self.multipliers)
        return Reading(
            multipliers,
            _restrict(reading.depths, self.depths),
            _restrict(reading.widths, self.widths),
            _restrict(reading.ends, self.ends),
            _restrict(reading.strides, self.strides),
            _restrict(reading.side, self.sides[multipliers]),
        )

    def readings(self) -> Iterator[Reading]:
        """Yield every reading of the row, the usual one first."""
        for multipliers in self.multipliers:
            for choices in product(self.depths, self.widths, self.ends, self.strides, self.sides[multipliers]):
                yield Reading(multipliers, *choices)

    def network(self, reading: Reading) -> Network:
        """Return the network that the row means under a reading."""
        side = self.sides[reading.multipliers][reading.side]
        rounding = Rounding("audit", DEPTH_CHOICES[reading.depths], WIDTH_CHOICES[reading.widths], lambda *_: side)
        start = STRIDE_CHOICES[reading.strides](END_CHOICES[reading.ends](self.start))
        return scale(start, self.multipliers[reading.multipliers], rounding)


def open_choices(family: str, multipliers: Multipliers, side: int | None = None) -> OpenChoices:
    """Return what is left open of a family scaled by multipliers. side: in pixels, where it is known."""
    start, by_choice = baseline_network(family), _multipliers(multipliers, has_side=side is not None)
    ends: tuple[str, ...] = ("stem and head scaled",)
    if multipliers.w != 1:
        ends = tuple(END_CHOICES) if start.head.width else ("stem and head scaled", "stem and head kept")
    has_bottlenecks = any(change(start) != start for change in STRIDE_CHOICES.values())
    return OpenChoices(
        start=start,
        multipliers=by_choice,
        depths=tuple(DEPTH_CHOICES) if multipliers.d != 1 else ("stages up",),
        widths=tuple(WIDTH_CHOICES) if multipliers.w != 1 else ("widths to 8, 90 % rule",),
        ends=ends,
        strides=tuple(STRIDE_CHOICES) if has_bottlenecks else ("stride in the 3x3",),
        sides={
            choice: {RELEASED_SIDE: side} if side else _sides(start.side, exact, multipliers)
            for choice, exact in by_choice.items()
        },
    )


def all_readings() -> Iterator[Reading]:
    """Yield every combination of choices, the usual reading first."""
    multipliers = ("multipliers as printed", UNROUNDED_MULTIPLIERS)
    sides = (*SIDE_CHOICES, RELEASED_SIDE)
    kinds = (multipliers, DEPTH_CHOICES, WIDTH_CHOICES, END_CHOICES, STRIDE_CHOICES, sides)
    return (Reading(*choices) for choices in product(*kinds))


def _restrict(choice: str, choices: Collection[str]) -> str:
    return choice if choice in choices else next(iter(choices))


def _multipliers(printed: Multipliers, has_side: bool) -> dict[str, Multipliers]:
    """Return the printed multipliers and, if rounding a power of the formula gives all three, that power itself."""
    by_choice = {"multipliers as printed": printed}
    for power in (formula_multipliers(phi) for phi in range(1, LARGEST_PHI + 1) if not has_side):
        if all(round(getattr(printed, name), 1) == round(getattr(power, name), 1) for name in ("d", "w", "r")):
            by_choice[UNROUNDED_MULTIPLIERS] = power
    return by_choice


def _sides(start: int, exact: Multipliers, printed: Multipliers) -> dict[str, int]:
    """Return the side in pixels by choice. exact: the multipliers to use; printed: those that the row prints."""
    if printed.r == 1:
        return {"side to the pixel": start}
    sides = {name: round_side(start * exact.r) for name, round_side in SIDE_CHOICES.items()}
    for released in released_coefficients():
        multipliers = (released.depth, released.width, round(released.side / start, 1))
        if multipliers == (printed.d, printed.w, printed.r):
            sides[RELEASED_SIDE] = released.side
    return sides
