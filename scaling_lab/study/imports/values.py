"""From the text of columns to numbers: units and percent are given, or inferred and said, or refused. No torch."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, isnan, nan

import pandas as pd

from scaling_lab.errors import UserError
from scaling_lab.store.files import MAX_INTEGER
from scaling_lab.study.imports.fields import FLOPS_UNITS, LINE, SOURCE, Field, Kind
from scaling_lab.study.option_names import option

MISSING = frozenset(("", "nan", "na", "n/a", "none", "null", "-"))
FEWEST_FLOPS = 1000
"""Multiply-adds that a convolutional network has at least; smaller numbers have another unit."""
_ERROR_NAMES = re.compile(r"(^|[^a-z])(err|error|loss)", re.IGNORECASE)


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


def parse_names(field: Field, text: "pd.Series[str]", places: Sequence[str]) -> "pd.Series[str]":
    """Return the names of a column without spaces around them; missing ones are empty.

    Args:
        text: Text of each row.
        places: Where each row is, for errors.

    Raises:
        UserError: A name has control characters. The message names the first.
    """
    names = text.astype(str).str.strip()
    for name, place in zip(names, places, strict=True):
        if not name.isprintable():
            raise UserError(f"{place}: {field.option} {name[:40]!r} has control characters; must be one line of text")
    return names.mask(names.str.lower().isin(MISSING), "")


def parse_numbers(field: Field, text: "pd.Series[str]", places: Sequence[str]) -> "pd.Series[float]":
    """Return the numbers of a column; missing ones are NaN.

    Args:
        text: Text of each row.
        places: Where each row is, for errors.

    Raises:
        UserError: A text is not a number, or is missing in a needed field. The message names the first.
    """
    stripped = [str(value).strip() for value in text]
    numbers = [_parse(value, field.kind) for value in stripped]
    for value, number, place in zip(stripped, numbers, places, strict=True):
        if number is None:
            raise UserError(f"{place}: {field.option} {value[:40]!r} is not a finite number")
        if abs(number) > MAX_INTEGER:
            raise UserError(f"{place}: {field.option} is {value[:40]}; must be at most {MAX_INTEGER}")
        if field.kind is Kind.INTEGER and not isnan(number) and field.name != "flops" and not number.is_integer():
            raise UserError(f"{place}: {field.option} is {value[:40]}; must be an integer")
        if field.is_needed and field.name != "test_accuracy" and isnan(number):
            raise UserError(f"{place}: no {field.option}")
    return pd.Series(numbers, index=text.index, dtype=float)


def _parse(value: str, kind: Kind) -> float | None:
    """Return a number, NaN for a missing value, None for other text."""
    if value.lower() in MISSING:
        return nan
    if kind is Kind.SHARE and value.endswith("%"):
        value = value[:-1].rstrip()
    try:
        number = float(value if value.isascii() and "_" not in value else "x")
    except ValueError:
        return None
    return number if isfinite(number) else None


def to_shares(
    field: Field, column: str, numbers: "pd.Series[float]", text: "pd.Series[str]", unit: str | None
) -> tuple["pd.Series[float]", str]:
    """Return accuracies as shares from 0 to 1, and a sentence on their unit.

    Raises:
        UserError: The unit is ambiguous, a value is out of range, or the column looks like one of errors.
    """
    name = f"{field.option} (column {column})" if column else field.option
    known = numbers.dropna()
    if column and _ERROR_NAMES.search(column):
        raise UserError(f"{name} looks like errors or losses; give the column of accuracies")
    signs = text.astype(str).str.strip().str.endswith("%") & numbers.notna()
    if signs.any() and not signs[known.index].all():
        raise UserError(f"{name} has values with and without a percent sign; write all in one way")
    if signs.any():
        if unit == "fraction":
            raise UserError(f"{name} has percent signs; leave out {option('accuracy-in', 'fraction')}")
        unit = "percent"
    elif unit is None and (known > 1).any():
        small = known[(known > 0) & (known <= 1)]
        if not small.empty:
            raise UserError(
                f"{name} has {small.iloc[0]:g} and {known.max():g}: fractions and percent in one column; "
                f"say which with {option('accuracy-in', 'fraction')} or {option('accuracy-in', 'percent')}"
            )
        unit = "percent"
    largest = 100 if unit == "percent" else 1
    if not known.between(0, largest).all():
        wrong = known[~known.between(0, largest)].iloc[0]
        raise UserError(f"{name} has {wrong:g}; must be from 0 to {largest}")
    return numbers / largest, f"{name[0].upper()}{name[1:]} is in {unit or 'fraction'}s.".replace("percents", "percent")


def to_flops(column: str, numbers: "pd.Series[float]", units: Units) -> tuple["pd.Series[float]", str]:
    """Return multiply-adds as whole numbers, and a sentence on their unit.

    Raises:
        UserError: A number is not above 0, or the numbers are too small for multiply-adds.
    """
    name = f"FLOPs (column {column})" if column else "FLOPs"
    if not (numbers > 0).all():
        raise UserError(f"{name} has {numbers[~(numbers > 0)].iloc[0]:g}; must be above 0")
    if units.flops is None and (numbers.min() < FEWEST_FLOPS):
        raise UserError(
            f"{name} has {numbers.min():g}, too few for the multiply-adds of a network; say their unit, "
            f"such as {option('flops-in', 'G')}; the units are k, M, G and T"
        )
    factor = FLOPS_UNITS[units.flops or "1"]
    flops = (numbers * factor / (2 if units.counts_twice else 1)).round()
    if (flops > MAX_INTEGER).any():
        raise UserError(f"{name} has {numbers.max():g} {units.flops or ''}; too many")
    counted = "counted twice, as multiplications and additions: halved" if units.counts_twice else "multiply-adds"
    unit = "" if factor == 1 else f", in units of {factor:.0e}".replace("e+0", "e").replace("e+", "e")
    return flops, f"{name[0].upper()}{name[1:]} are {counted}{unit}."


def places_of(table: pd.DataFrame) -> list[str]:
    """Return where each row is, such as `runs.csv line 3`."""
    return [f"{source} {line}" for source, line in zip(table[SOURCE], table[LINE], strict=True)]
