"""Units of accuracies and FLOPs: given, or inferred and reported, or refused. No torch."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from scaling_lab.errors import UserError
from scaling_lab.store.files import MAX_INTEGER
from scaling_lab.study.imports.fields import FLOPS_UNITS, Field
from scaling_lab.study.imports.values import first_place
from scaling_lab.study.option_names import option

FEWEST_FLOPS = 1000
"""Multiply-adds that a convolutional network has at least; smaller numbers have another unit."""
LOOKS_LIKE_ERRORS = re.compile(r"(^|[^a-z])(err|error|loss)", re.IGNORECASE)


@dataclass(frozen=True)
class Units:
    """Units of a source.

    Attributes:
        flops: Unit of FLOPs, a name of `FLOPS_UNITS`; None to take the numbers as they are if that is plausible.
        counts_twice: Whether FLOPs count a multiplication and an addition as two.
        accuracy: `fraction` or `percent`; None to infer it.
    """

    flops: str | None = None
    counts_twice: bool = False
    accuracy: str | None = None


AS_GIVEN = Units()


def to_shares(
    field: Field,
    column: str,
    numbers: "pd.Series[float]",
    text: "pd.Series[str]",
    unit: str | None,
    places: Sequence[str],
) -> tuple["pd.Series[float]", str]:
    """Return accuracies as shares from 0 to 1, and a sentence on their unit.

    Args:
        field: What the column is.
        column: Name of the column; empty for one value for all rows.
        numbers: Number of each row; NaN where it is missing.
        text: Text of each row.
        unit: `fraction` or `percent`; None to infer it.
        places: Where each row is, for errors.

    Raises:
        UserError: The unit is ambiguous, a value is out of range, or the column looks like one of errors.
    """
    name = f"{field.option} (column {column})" if column else field.option
    known = numbers.dropna()
    if column and LOOKS_LIKE_ERRORS.search(column):
        raise UserError(f"{name} looks like errors or losses; give the column of accuracies")
    signs = text.astype(str).str.strip().str.endswith("%") & numbers.notna()
    if signs.any() and not signs[known.index].all():
        raise UserError(
            f"{name} has values with a percent sign ({first_place(signs, places)}) and without "
            f"({first_place(numbers.notna() & ~signs, places)}); write all in one way"
        )
    if signs.any():
        if unit == "fraction":
            raise UserError(f"{name} has percent signs; leave out {option('accuracy-in', 'fraction')}")
        unit = "percent"
    elif unit is None and (known > 1).any():
        _refuse_out_of_range(name, numbers, 100, places)
        small, large = (numbers > 0) & (numbers <= 1), numbers > 1
        if small.any():
            raise UserError(
                f"{name} has {numbers[small].iloc[0]:g} ({first_place(small, places)}) and {numbers[large].iloc[0]:g} "
                f"({first_place(large, places)}): fractions and percent in one column; say which with "
                f"{option('accuracy-in', 'fraction')} or {option('accuracy-in', 'percent')}"
            )
        unit = "percent"
    largest = 100 if unit == "percent" else 1
    _refuse_out_of_range(name, numbers, largest, places)
    return numbers / largest, f"{name[0].upper()}{name[1:]} is in {unit or 'fraction'}s.".replace("percents", "percent")


def _refuse_out_of_range(name: str, numbers: "pd.Series[float]", largest: int, places: Sequence[str]) -> None:
    """Raise UserError for the first number that is below 0 or above the largest one."""
    wrong = (numbers < 0) | (numbers > largest)
    if wrong.any():
        unit = " percent" if largest == 100 else ""
        place = first_place(wrong, places)
        raise UserError(f"{place}: {name} is {numbers[wrong].iloc[0]:g}; must be 0 to {largest}{unit}")


def to_flops(
    column: str, numbers: "pd.Series[float]", units: Units, places: Sequence[str]
) -> tuple["pd.Series[float]", str]:
    """Return multiply-adds as whole numbers, and a sentence on their unit.

    Args:
        column: Name of the column; empty for one value for all rows.
        numbers: Number of each row.
        units: Units of the source.
        places: Where each row is, for errors.

    Raises:
        UserError: A number is not above 0, or the numbers are too small for multiply-adds.
    """
    name = f"FLOPs (column {column})" if column else "FLOPs"
    wrong = ~(numbers > 0)
    if wrong.any():
        raise UserError(f"{first_place(wrong, places)}: {name} is {numbers[wrong].iloc[0]:g}; must be above 0")
    few = numbers < FEWEST_FLOPS
    if units.flops is None and few.any() and not few.all():
        raise UserError(
            f"{name} has {numbers[few].iloc[0]:g} ({first_place(few, places)}), too few for multiply-adds, and "
            f"{numbers[~few].iloc[0]:g} ({first_place(~few, places)}); write all in one unit"
        )
    if units.flops is None and few.any():
        raise UserError(
            f"{first_place(few, places)}: {name} is {numbers[few].iloc[0]:g}, too few for the multiply-adds of a "
            f"network; say their unit, such as {option('flops-in', 'G')}; the units are k, M, G and T"
        )
    factor = FLOPS_UNITS[units.flops or "1"]
    flops = (numbers * factor / (2 if units.counts_twice else 1)).round()
    many = flops > MAX_INTEGER
    if many.any():
        place = first_place(many, places)
        raise UserError(f"{place}: {name} is {numbers[many].iloc[0]:g} {units.flops or ''}; too many")
    counted = "counted twice, as multiplications and additions: halved" if units.counts_twice else "multiply-adds"
    unit = "" if factor == 1 else f", in units of {factor:.0e}".replace("e+0", "e").replace("e+", "e")
    return flops, f"{name[0].upper()}{name[1:]} are {counted}{unit}."
