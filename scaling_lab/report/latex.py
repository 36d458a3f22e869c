r"""Tables as LaTeX: readable heads with units, math for signs, every text escaped (`\usepackage{booktabs}`)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scaling_lab.formatting import DOTS, MINUS, TIMES

ESCAPED = {
    "\\": r"\textbackslash{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    DOTS: r"\dots{}",
    MINUS: "$-$",
    TIMES: r"$\times$",
    "\N{PLUS-MINUS SIGN}": r"$\pm$",
    "\N{MIDDLE DOT}": r"$\cdot$",
    "\N{EN DASH}": "--",
    "\N{LESS-THAN OR EQUAL TO}": r"$\leq$",
    "\N{GREATER-THAN OR EQUAL TO}": r"$\geq$",
}
NOTHING = "--"
SETTING = ("dataset", "recipe", "rounding")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of a LaTeX table.

    Attributes:
        heading: Plain text.
        cell: Returns the LaTeX of a row's cell.
        alignment: As in the argument of `tabular`.
        is_optional: Leave the column out if it says nothing.
    """

    heading: str
    cell: Callable[[Row], str]
    alignment: str = "r"
    is_optional: bool = False


def to_latex(rows: pd.DataFrame, columns: Sequence[Column], comments: Sequence[str] = ()) -> str:
    """Return a table in booktabs style.

    Args:
        rows: the table; if its settings differ, a column has them, otherwise a comment. A row of several settings
            has none.
        columns: the columns to write.
        comments: lines before the table.
    """
    records: list[Row] = [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]
    settings = {_setting(row) for row in records if "dataset" in row} - {""}
    if len(settings) > 1:
        columns = [*columns[:1], Column("Setting", lambda row: escape_latex(_setting(row)), "l"), *columns[1:]]
    else:
        comments = [*comments, *(f"setting: {setting}" for setting in settings)]
    cells = [[column.cell(row) for column in columns] for row in records]
    shown = [
        place
        for place, column in enumerate(columns)
        if not column.is_optional or any(line[place] not in ("", NOTHING) for line in cells)
    ]
    heads = [escape_latex(columns[place].heading) for place in shown]
    lines = [
        *(f"% {' '.join(comment.split())}" for comment in comments),
        f"\\begin{{tabular}}{{{''.join(columns[place].alignment for place in shown)}}}",
        r"\toprule",
        _line(heads),
        r"\midrule",
        *(_line([line[place] for place in shown]) for line in cells),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def escape_latex(text: str) -> str:
    """Return plain text as LaTeX; line breaks and control characters become spaces."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return "".join(ESCAPED.get(character, character) for character in printable)


def text_cell(name: str) -> Callable[[Row], str]:
    """Return a cell with the text of a column, empty if it is missing."""
    return lambda row: "" if pd.isna(row[name]) else escape_latex(str(row[name]))


def number_cell(name: str, form: str, scale: float = 1) -> Callable[[Row], str]:
    """Return a cell with a number in a format such as `.2f`, times `scale`; a dash if it is missing."""
    return lambda row: NOTHING if pd.isna(row[name]) else format_number(row[name] * scale, form)


def interval_cell(low: str, high: str, form: str) -> Callable[[Row], str]:
    """Return a cell with an interval in brackets; a dash if an end is missing."""

    def cell(row: Row) -> str:
        if pd.isna(row[low]) or pd.isna(row[high]):
            return NOTHING
        return f"[{format_number(row[low], form)}, {format_number(row[high], form)}]"

    return cell


def format_number(value: float, form: str) -> str:
    """Return a number with a minus sign and powers of ten as LaTeX."""
    if form.endswith("g") and 10_000 <= abs(value) < 1e9:
        return f"{value:,.0f}".replace("-", "$-$")
    text = f"{value:{form}}"
    if not float(text.replace(",", "")):
        text = text.removeprefix("-")  # a rounded zero has no sign
    if power := re.fullmatch(r"(-?[\d.]+)e([+-]\d+)", text):
        return f"${power[1]} \\times 10^{{{int(power[2])}}}$"
    return text.replace("-", "$-$")


def _setting(row: Row) -> str:
    if pd.isna(row["dataset"]):
        return ""
    rate = "" if row["lr_times"] == 1 else f", learning rate {TIMES}{row['lr_times']:g}"
    return ", ".join(str(row[name]) for name in SETTING) + rate


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
