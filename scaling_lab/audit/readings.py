"""Readings: what a printed row leaves open, and the networks that it can mean.

A row prints multipliers. Which network that is depends on how depths and widths become whole numbers, on whether stem
and head take part, on the side in pixels, and on whether the printed multipliers are themselves rounded. A reading
decides all of these; the usual one is the same for every row.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import pandas as pd

from scaling_lab import choices, published
from scaling_lab.networks.spec import Network
from scaling_lab.rules.multipliers import Multipliers
from scaling_lab.rules.rounding import FITTED, NEAREST, PAPER, Rounding
from scaling_lab.rules.scale import scale

LARGEST_PHI = 7


@dataclass(frozen=True)
class Reading:
    """One choice of each; the defaults are the usual reading."""

    multipliers: str = "multipliers as printed"
    depths: str = "stages up"
    widths: str = "widths to 8, 90 % rule"
    ends: str = "stem and head scaled"
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


def _one_block_kept(depths: tuple[int, ...], d: float) -> tuple[int, ...]:
    return tuple(depth if depth == 1 else new for depth, new in zip(depths, PAPER.depths(depths, d), strict=True))


def _head_kept(network: Network) -> Network:
    return replace(network, head=replace(network.head, grows=False, shrinks=False))


def _ends_kept(network: Network) -> Network:
    return replace(_head_kept(network), stem=replace(network.stem, scales=False))


def _to_multiple(of: int) -> Callable[[float], int]:
    return lambda side: max(1, int(side / of + 0.5)) * of


DEPTHS = {"stages up": PAPER.depths, "one-block stages kept": _one_block_kept, "stages to the nearest": NEAREST.depths}
WIDTHS = {
    "widths to 8, 90 % rule": PAPER.width,
    "widths to the nearest 8": NEAREST.width,
    "widths in single channels": FITTED.width,
}
ENDS: dict[str, Callable[[Network], Network]] = {
    "stem and head scaled": lambda network: network,
    "head kept": _head_kept,
    "stem and head kept": _ends_kept,
}
SIDES = {"side to the pixel": _to_multiple(1)} | {f"side to a multiple of {of}": _to_multiple(of) for of in (8, 16, 32)}
RELEASED = "released side"
UNROUNDED = "multipliers unrounded"

MEANING = {
    "multipliers as printed": "the multipliers that the row prints",
    UNROUNDED: "alpha, beta and gamma to the power that rounds to the printed multipliers",
    "stages up": "blocks of each stage rounded up",
    "one-block stages kept": "the same, but a stage of one block keeps it",
    "stages to the nearest": "blocks of each stage to the nearest number, as in pycls",
    "widths to 8, 90 % rule": "widths to multiples of 8, one more where that loses over 10 %, as in the released code",
    "widths to the nearest 8": "widths to the nearest multiple of 8, as in pycls",
    "widths in single channels": "widths to whole channels",
    "stem and head scaled": "stem and head take part in the width multiplier",
    "head kept": "the head's convolution keeps its width",
    "stem and head kept": "stem and head keep their widths",
    "side to the pixel": "the side multiplied, to the nearest pixel",
    **{
        f"side to a multiple of {of}": f"the side multiplied, to the nearest multiple of {of} pixels"
        for of in (8, 16, 32)
    },
    RELEASED: "the side of the released EfficientNet with these multipliers; for B0 to B7 themselves the only one",
}


@cache
def baseline(family: str) -> Network:
    """The network of a family of conf/family. Raises UserError for a name that is not there."""
    network: Network = choices.call("family", choices.read("family", family), family)
    return network


@dataclass(frozen=True)
class Options:
    """What a row leaves open: the choices of each kind that can make another network of it, the usual one first."""

    start: Network
    multipliers: dict[str, Multipliers]
    depths: tuple[str, ...]
    widths: tuple[str, ...]
    ends: tuple[str, ...]
    sides: dict[str, dict[str, int]]

    def settle(self, reading: Reading) -> Reading:
        """The reading with every choice that the row does not leave open replaced by the one that it has."""
        told = _kept(reading.multipliers, self.multipliers)
        return Reading(
            told,
            _kept(reading.depths, self.depths),
            _kept(reading.widths, self.widths),
            _kept(reading.ends, self.ends),
            _kept(reading.side, self.sides[told]),
        )

    def readings(self) -> Iterator[Reading]:
        """Every reading of the row, the usual one first."""
        for told in self.multipliers:
            for choice in product(self.depths, self.widths, self.ends, self.sides[told]):
                yield Reading(told, *choice)

    def network(self, reading: Reading) -> Network:
        """The network that a reading makes."""
        side = self.sides[reading.multipliers][reading.side]
        rounding = Rounding("audit", DEPTHS[reading.depths], WIDTHS[reading.widths], lambda *_: side)
        return scale(ENDS[reading.ends](self.start), self.multipliers[reading.multipliers], rounding)


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
        sides={told: {RELEASED: side} if side else _sides(start.side, one, by) for told, one in exact.items()},
    )


def every_reading() -> Iterator[Reading]:
    """Every reading there is, the usual one first."""
    sides = (*SIDES, RELEASED)
    return (Reading(*choice) for choice in product(("multipliers as printed", UNROUNDED), DEPTHS, WIDTHS, ENDS, sides))


def _kept(choice: str, open_to: Collection[str]) -> str:
    return choice if choice in open_to else next(iter(open_to))


def formula() -> Multipliers:
    """alpha, beta and gamma of the paper, as the rule `compound` has them."""
    rule = choices.read("rule", "compound")
    return Multipliers(rule["alpha"], rule["beta"], rule["gamma"])


def to_the(phi: float) -> Multipliers:
    """alpha, beta and gamma to the power of phi."""
    one = formula()
    return Multipliers(one.d**phi, one.w**phi, one.r**phi)


@cache
def released() -> pd.DataFrame:
    """EfficientNet-B0 to -B7: model, width_coeff, depth_coeff and resolution of the released code."""
    table = published.read("table2")
    own = table[(table["kind"] == "efficientnet") & table["version"].str.startswith("arXiv")]
    return own[["model", "width_coeff", "depth_coeff", "resolution"]].drop_duplicates().astype({"resolution": int})


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
