"""Printed numbers and their comparison with counts. The text is kept: a float loses how many digits were printed."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

BILLION, MILLION = 10**9, 10**6
DRAWN_TOLERANCE = Decimal("0.01")
"""Relative tolerance for a point of a drawing, which has no printed digits: a count within 1 % of it also matches."""


def round_half_up(number: Decimal, decimals: int) -> Decimal:
    """Round to a number of decimals, halves up."""
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def count_decimals(text: str) -> int:
    """Return the number of digits after the decimal point."""
    return len(text.partition(".")[2])


@dataclass(frozen=True)
class PrintedNumber:
    """A published number.

    Attributes:
        text: The digits as printed.
        unit: What the number counts in: `BILLION` or `MILLION`.
        is_drawn: Whether it was read off a vector drawing rather than printed.
    """

    text: str
    unit: int = BILLION
    is_drawn: bool = False

    @property
    def value(self) -> Decimal:
        return Decimal(self.text)

    def deviation(self, count: int) -> float:
        """Return by how many percent a count is above the printed number; negative when it is below."""
        return float((Decimal(count) / self.unit / self.value - 1) * 100)

    def matches(self, count: int) -> bool:
        """Return whether a count, rounded to the printed digits, is the printed number; a drawn one within 1 %."""
        number = Decimal(count) / self.unit
        if self.is_drawn and abs(number / self.value - 1) <= DRAWN_TOLERANCE:
            return True
        return round_half_up(number, count_decimals(self.text)) == self.value

    def is_near(self, count: int, percent: float = 1.0) -> bool:
        """Return whether a count matches or is within some percent of the printed number."""
        return self.matches(count) or abs(self.deviation(count)) <= percent


def agree_as_printed(first: str, second: str) -> bool:
    """Return whether two printed numbers are equal at the digits of the shorter one."""
    decimals = min(count_decimals(first), count_decimals(second))
    return round_half_up(Decimal(first), decimals) == round_half_up(Decimal(second), decimals)
