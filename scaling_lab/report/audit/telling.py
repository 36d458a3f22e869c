"""Numbers and rows as a reader sees them."""

from collections.abc import Iterable

from scaling_lab.formatting import MINUS
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.paper.audit.printed import BILLION
from scaling_lab.paper.audit.reading_choices import RELEASED
from scaling_lab.paper.audit.readings import Reading
from scaling_lab.paper.audit.recount import Recount
from scaling_lab.paper.audit.rows import Row

PERCENT = "\N{NO-BREAK SPACE}%"


def percent(value: float) -> str:
    """A deviation with its sign."""
    return f"{MINUS if round(value, 1) < 0 else '+'}{abs(value):.1f}{PERCENT}"


def billions(flops: int) -> str:
    """Multiply-adds in billions, four digits or more."""
    number = flops / BILLION
    return f"{number:.{4 if number < 1 else 3 if number < 10 else 2}f}"


def multipliers(by: Multipliers) -> str:
    """d, w and r."""
    return f"d={by.d:g}, w={by.w:g}, r={by.r:.3g}"


def row(one: Row) -> str:
    """A row, told apart from those of other networks in its table."""
    return one.label if one.base in one.label or one.base == "EfficientNet-B0" else f"{one.base} {one.label}"


def both(each: Recount) -> str:
    """Counted and printed, and by how much they differ."""
    return f"counted {billions(each.usual.flops)}, printed {each.printed.text}, {percent(each.off)}"


def reading(one: Reading) -> str:
    """Where a reading departs from the usual one; a side that is known is no departure."""
    return one.differences().removesuffix(RELEASED).removesuffix(", ") or "usual"


def ladder(numbers: Iterable[float]) -> str:
    """Numbers with one decimal."""
    return ", ".join(f"{number:.1f}" for number in numbers)


def come(number: int) -> str:
    """The verb after a number: 1 comes, 2 come."""
    return "comes" if number == 1 else "come"
