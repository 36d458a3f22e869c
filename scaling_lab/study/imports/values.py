"""From the text of columns to names and numbers; missing values are reported. No torch."""

from collections.abc import Sequence
from math import isfinite, isnan, nan

import pandas as pd

from scaling_lab.errors import UserError
from scaling_lab.formatting import pluralize
from scaling_lab.store.files import MAX_INTEGER
from scaling_lab.study.imports.fields import LINE, POSITIVE, SOURCE, Field, Kind

MISSING = frozenset(("", "nan", "na", "n/a", "none", "null", "-"))
MAX_LISTED = 3  # rows in a sentence


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
        if field.name in POSITIVE and number <= 0:
            raise UserError(f"{place}: {field.option} is {value[:40]}; must be above 0")
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


def first_place(chosen: "pd.Series[bool]", places: Sequence[str]) -> str:
    """Return the place of the first row that is chosen."""
    return places[int(chosen.to_numpy().argmax())]


def describe_missing(field: Field, numbers: "pd.Series[float]", places: Sequence[str]) -> str:
    """Return a sentence on the rows without a number; empty if there are none."""
    missing = numbers.isna()
    if not missing.any():
        return ""
    rows = [place for place, is_missing in zip(places, missing, strict=True) if is_missing]
    more = f" and {pluralize(len(rows) - MAX_LISTED, 'more row')}" if len(rows) > MAX_LISTED else ""
    return f"No {field.option}, kept as missing: {', '.join(rows[:MAX_LISTED])}{more}."


def places_of(table: pd.DataFrame) -> list[str]:
    """Return where each row is, such as `runs.csv line 3`."""
    return [f"{source} {line}" for source, line in zip(table[SOURCE], table[LINE], strict=True)]
