"""Tables of the audit's page about published rows and points, and how numbers, cells and tables of the page look."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from scaling_lab.formatting import MINUS
from scaling_lab.paper.audit.findings import Audit
from scaling_lab.paper.audit.printed import BILLION, MILLION
from scaling_lab.paper.audit.recount import Recount, find_matching_sides
from scaling_lab.paper.audit.rows import B0_MODEL, PublishedRow

DASH = "\N{EN DASH}"
GOOD, FAIR, BAD, SOFT, LEFT = "good", "fair", "bad", "soft", "left"
TextCell = tuple[str, str]
"""Text and CSS class of a cell."""


@dataclass(frozen=True)
class RowGroup:
    """Rows of a table under one heading; the first cell of a row is its head."""

    name: str
    rows: list[list[TextCell]]


@dataclass(frozen=True)
class PageTable:
    """A table of the page.

    Attributes:
        title: Heading of its section.
        columns: Name and unit of each column; the unit LEFT aligns a column of text.
        groups: The rows.
        note: What the columns mean.
        is_folded: Whether the page shows it only on request.
        column_groups: Headings over columns, each with the number of columns.
    """

    title: str
    columns: list[tuple[str, str]]
    groups: list[RowGroup]
    note: str = ""
    is_folded: bool = False
    column_groups: list[tuple[str, int]] = field(default_factory=list)


PRINTED_TABLE_COLUMNS = [
    ("row", ""),
    ("d", ""),
    ("w", ""),
    ("r", ""),
    ("side", "px"),
    ("printed", ""),
    ("counted", ""),
    ("deviation", "%"),
    ("match", ""),
    ("matching", "networks"),
    ("range", "counted"),
    ("matches with", LEFT),
]
TABLE_COLUMN_GROUPS = [("", 5), ("FLOPs, billion multiply-adds", 4), ("all readings", 3)]
TABLE_NOTE = (
    "Printed: as in the paper. Counted: by the lab under the usual reading. Deviation: counted above (+) or below "
    "printed. Match: the count, rounded half up to the printed digits, is the printed number; other: only another "
    "reading matches. Matches with: how such a reading differs from the usual one, or the sides with which the row "
    "would match. Star: the row prints no multipliers; those of another row are assumed. Multipliers and sides of B0 "
    "to B7 are those of the released code, not of the paper."
)
POINT_COLUMNS = [
    ("point", ""),
    *PRINTED_TABLE_COLUMNS[1:5],
    ("drawn", "published"),
    ("counted", "of B0"),
    *PRINTED_TABLE_COLUMNS[7:11],
    ("nearest", "deviation, %"),
    ("top-1", "published, %"),
]
POINT_COLUMN_GROUPS = [*TABLE_COLUMN_GROUPS, ("", 1)]
POINT_NOTE = (
    "Drawn: read off the vector drawing. Match: the count has the drawn digits or is within 1 %; other: only another "
    "reading matches. Where the paper does not print w, the number in brackets is the w at which B0 costs the drawn "
    "FLOPs, with widths in single channels. Nearest: deviation of the nearest of all readings."
)
PARAMS_COLUMNS = [("network", ""), ("printed", "million"), ("counted", "million"), ("deviation", "%"), ("match", "")]
PARAMS_NOTE = "Printed in Table 2. Counted: weights, biases, and two numbers per batch norm channel."


def row_tables(audit: Audit) -> list[PageTable]:
    """Return the tables about rows of tables, points of figures, and parameters."""
    rows = [recount for recount in audit.recounts if recount.row.table.startswith("Table")]
    points = [recount for recount in audit.recounts if recount.row.table.startswith("Figure")]
    note = TABLE_NOTE + _uncounted_note(rows)
    return [
        PageTable(
            "Tables 2, 3 and 7", PRINTED_TABLE_COLUMNS, _row_groups(rows), note, column_groups=TABLE_COLUMN_GROUPS
        ),
        PageTable(
            "Points of Figures 3, 4 and 8",
            POINT_COLUMNS,
            _point_groups(audit, points),
            POINT_NOTE,
            column_groups=POINT_COLUMN_GROUPS,
        ),
        PageTable("Printed parameters", PARAMS_COLUMNS, [RowGroup("", _parameters(rows))], PARAMS_NOTE),
    ]


def format_deviation(percent: float) -> str:
    """Return a deviation in percent with its sign and one decimal, without the unit."""
    return f"{MINUS if round(percent, 1) < 0 else '+'}{abs(percent):.1f}"


def format_billions(flops: int) -> str:
    """Return multiply-adds in billions with at least four significant digits."""
    number = flops / BILLION
    return f"{number:.{4 if number < 1 else 3 if number < 10 else 2}f}"


def row_name(row: PublishedRow) -> str:
    """Return the label of a row, with its base network where the table has several."""
    return row.label if row.base in row.label or row.base == B0_MODEL else f"{row.base} {row.label}"


def _uncounted_note(recounts: Sequence[Recount]) -> str:
    rows = [recount.row for recount in recounts if recount.row.reason]
    names = ", ".join(f"{row.label} ({row.flops.text if row.flops else 'none'})" for row in rows)
    return f" Not counted because the lab has no such family, with their printed FLOPs: {names}." if rows else ""


def _row_groups(recounts: Sequence[Recount]) -> list[RowGroup]:
    groups: dict[str, list[list[TextCell]]] = {}
    for recount in recounts:
        if recount.counts:
            cells = [*_head_cells(recount), *_flops_cells(recount), (_matching_reading(recount), LEFT)]
            groups.setdefault(recount.row.table, []).append(cells)
    return [RowGroup(name, rows) for name, rows in groups.items()]


def _matching_reading(recount: Recount) -> str:
    """Name a reading that matches where the usual one does not, or the sides at which a scaled side would match."""
    if not recount.has_flops or recount.is_match:
        return ""
    if recount.matching_counts:
        return next(iter(recount.matching_counts.values())).describe()
    sides = find_matching_sides(recount)
    return f"{sides[0]} to {sides[1]} px" if sides else ""


def _point_groups(audit: Audit, recounts: Sequence[Recount]) -> list[RowGroup]:
    solved = {solution.row: solution.multipliers for solution in audit.solved_widths}
    groups: dict[str, list[list[TextCell]]] = {}
    for recount in recounts:
        multipliers = solved.get(recount.row)
        if not recount.counts and not multipliers:
            continue
        head = _head_cells(recount)
        if multipliers:
            head[1:4] = [(f"{multipliers.d:g}", ""), (f"({multipliers.w:.2f})", SOFT), (f"{multipliers.r:g}", "")]
        nearest = format_deviation(recount.nearest_deviation) if recount.has_flops else ""
        cells = [*head, *_flops_cells(recount), (nearest, ""), (recount.row.top1, "")]
        groups.setdefault(recount.row.table, []).append(cells)
    return [RowGroup(name, rows) for name, rows in groups.items()]


def _head_cells(recount: Recount) -> list[TextCell]:
    """Return the cells for name, d, w, r and side."""
    row = recount.row
    side = str(recount.usual.side) if recount.counts else DASH
    if row.multipliers is None:
        return [(row_name(row), ""), *[(DASH, SOFT)] * 3, (side, "")]
    star = "*" if row.is_assumed else ""
    numbers = [(f"{value:.3g}{star}", "") for value in vars(row.multipliers).values()]
    return [(row_name(row), ""), *numbers, (side, "")]


def _flops_cells(recount: Recount) -> list[TextCell]:
    """Return the cells for printed, counted, deviation, match, number of matching networks, and range."""
    printed = recount.row.flops.text if recount.row.flops else DASH
    if not recount.has_flops:
        return [(printed, ""), *[(DASH, SOFT)] * 3, ("", ""), ("", "")]
    match = ("yes", GOOD) if recount.is_match else ("other", FAIR) if recount.matching_counts else ("no", BAD)
    low, high = recount.flops_range
    flops_range = format_billions(low) if low == high else f"{format_billions(low)}{DASH}{format_billions(high)}"
    return [
        (printed, ""),
        (format_billions(recount.usual.flops), ""),
        (format_deviation(recount.deviation), ""),
        match,
        (f"{len(recount.matching_counts)} of {len(recount.distinct_counts)}", ""),
        (flops_range, ""),
    ]


def _parameters(recounts: Sequence[Recount]) -> list[list[TextCell]]:
    rows: list[list[TextCell]] = []
    for recount in recounts:
        if recount.row.params is not None and recount.params_deviation is not None:
            counted = f"{recount.usual.params / MILLION:.2f}"
            match = ("yes", GOOD) if recount.is_params_match else ("no", BAD)
            deviation = format_deviation(recount.params_deviation)
            texts = (row_name(recount.row), recount.row.params.text, counted, deviation)
            rows.append([*((text, "") for text in texts), match])
    return rows
