"""Rows of charts with neutral field names, because Vega reads dots and brackets in a name as paths."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


class Dataset:
    """Rows of several charts.

    Args:
        columns: Names by which charts ask for fields.
        rows: One mapping per row; a column that it lacks is missing.
    """

    def __init__(self, columns: Sequence[str], rows: Iterable[Row]) -> None:
        self._fields = {column: f"c{number}" for number, column in enumerate(columns)}
        self.rows = [[_to_plain(row.get(column)) for column in columns] for row in rows]

    def __getitem__(self, column: str) -> str:
        """Return the field of a column. Raises KeyError for an unknown one."""
        return self._fields[column]

    def to_json(self) -> dict[str, Any]:
        """Return fields and rows; the page's script makes one object per row of them."""
        return {"fields": list(self._fields.values()), "rows": self.rows}

    def values(self, column: str, by: str | None = None) -> list[Any]:
        """Return the distinct values of a column, without missing ones.

        Args:
            column: The column.
            by: Numeric column by whose first value they are sorted; None is the order of appearance.
        """
        place = list(self._fields).index(column)
        rows = [row for row in self.rows if row[place] is not None]
        if by is not None:
            order = list(self._fields).index(by)
            rows.sort(key=lambda row: math.inf if row[order] is None else row[order])
        return list(dict.fromkeys(row[place] for row in rows))


def _to_plain(value: Any) -> Any:
    """Return a value for JSON: missing numbers and those that are not finite as None, numpy's as Python's."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):  # pandas' NA
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else float(f"{number:.6g}")
