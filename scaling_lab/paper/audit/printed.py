"""A printed number: its text keeps how many digits were printed, which a float forgets."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

BILLION, MILLION = 10**9, 10**6
DRAWN_WITHIN = Decimal("0.01")
"""A point of a drawing has no printed digits: a count also comes out that is within 1 % of it."""


def rounded(number: Decimal, decimals: int) -> Decimal:
    """Half up, as people round."""
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def decimals(text: str) -> int:
    """Digits after the point."""
    return len(text.partition(".")[2])


@dataclass(frozen=True)
class Printed:
    """A published number in units of `unit`; `drawn` is one read off a drawing."""

    text: str
    unit: int = BILLION
    drawn: bool = False

    @property
    def value(self) -> Decimal:
        return Decimal(self.text)

    def off(self, count: int) -> float:
        """By how many percent a count is above the printed number; negative when it is below."""
        return float((Decimal(count) / self.unit / self.value - 1) * 100)

    def comes_out(self, count: int) -> bool:
        """Whether a count, rounded to the printed digits, is the printed number."""
        number = Decimal(count) / self.unit
        if self.drawn and abs(number / self.value - 1) <= DRAWN_WITHIN:
            return True
        return rounded(number, decimals(self.text)) == self.value

    def near(self, count: int, within: float = 1.0) -> bool:
        """Whether a count comes out or is within so many percent."""
        return self.comes_out(count) or abs(self.off(count)) <= within


def agree(one: str, other: str) -> bool:
    """Whether two printed numbers are the same at the digits of the shorter one."""
    least = min(decimals(one), decimals(other))
    return rounded(Decimal(one), least) == rounded(Decimal(other), least)
