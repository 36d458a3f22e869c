"""The text of each field: of the column that is named, or that has a usual name, or a value for all rows. No torch."""

from collections.abc import Iterable, Mapping

import pandas as pd

from scaling_lab.errors import ErrorCollector, UserError, unknown_name
from scaling_lab.study.imports.fields import CONSTANT, FIELDS, LINE, SOURCE, Field
from scaling_lab.study.option_names import column_option

MAX_UNUSED = 12  # columns in a sentence


def select_columns(
    table: pd.DataFrame, given: Mapping[str, str], place: str
) -> tuple[dict[str, "pd.Series[str]"], list[str]]:
    """Return the text of each field that the table has.

    Args:
        table: Text of all rows.
        given: Column, or `=VALUE` for all rows, by name of the field.
        place: Name of the source in errors.

    Returns:
        The text by name of the field, and sentences on the columns that were taken without being named, and not used.

    Raises:
        UserErrors: A needed field has no column, or a column does not exist; all mistakes at once.
    """
    selected: dict[str, pd.Series[str]] = {}
    taken, errors = list[str](), ErrorCollector()
    for field in FIELDS:
        with errors.collect():
            named = given.get(field.name)
            matches = [name for name in field.columns if name in table] if named is None else []
            if named is None and not matches:
                if field.is_needed:
                    raise _no_column(field, table, place)
                continue
            if named is not None and named.startswith(CONSTANT):
                selected[field.name] = pd.Series(named.removeprefix(CONSTANT), index=table.index, dtype=object)
                continue
            if named is not None and named not in table:
                raise unknown_name(f"column of {place}", named, _names(table), list_all=True)
            selected[field.name] = table[named or matches[0]]
            taken += [f"{matches[0]} ({field.help})"] if matches else []
    errors.raise_collected()
    used = {*(column.name for column in selected.values()), "run"}
    unused = [name for name in _names(table) if name not in used]
    notes = [f"Columns that were taken by their name: {', '.join(taken)}."] if taken else []
    if unused:
        more = f" and {len(unused) - MAX_UNUSED} more" if len(unused) > MAX_UNUSED else ""
        notes.append(f"Columns that were not used: {', '.join(unused[:MAX_UNUSED])}{more}.")
    return selected, notes


def _no_column(field: Field, table: pd.DataFrame, place: str) -> UserError:
    error = unknown_name(f"column of {place}", field.columns[0], _names(table), list_all=True)
    return UserError(
        f"{error}; name that of the {field.help} with {column_option(field.option, 'COLUMN')}, or =VALUE for all rows"
    )


def _names(table: pd.DataFrame) -> Iterable[str]:
    return [str(name) for name in table.columns if name not in (SOURCE, LINE)]
