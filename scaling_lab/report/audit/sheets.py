"""The tables of the audit's page about rows and points."""

from collections.abc import Sequence

from scaling_lab.paper.audit.findings import Audit
from scaling_lab.paper.audit.printed import MILLION
from scaling_lab.paper.audit.recount import Recount
from scaling_lab.paper.audit.rows import Row
from scaling_lab.report.audit import telling
from scaling_lab.report.audit.cells import BAD, FAIR, GOOD, NOTHING, SOFT, Cell, Group, Sheet
from scaling_lab.report.audit.finding_sheets import findings
from scaling_lab.report.audit.rounding_sheet import rounding


def sheets(audit: Audit) -> list[Sheet]:
    """Every table of the page that has a row."""
    tables = [each for each in audit.recounts if each.row.table.startswith("Table")]
    points = [each for each in audit.recounts if each.row.table.startswith("Figure")]
    found = [
        Sheet("Tables 2, 3 and 7", TABLE_HEADS, _groups(tables), TABLE_NOTE + _left_out(tables), over=TABLE_OVER),
        Sheet("Points of Figures 3, 4 and 8", POINT_HEADS, _points(audit, points), POINT_NOTE, over=POINT_OVER),
        Sheet("Printed parameters", PARAMS_HEADS, [Group("", _parameters(tables))], PARAMS_NOTE),
        *findings(audit),
        rounding(),
    ]
    return [sheet for sheet in found if any(group.rows for group in sheet.groups)]


TABLE_OVER = [("", 5), ("FLOPs, billion multiply-adds", 4), ("all readings", 3)]
TABLE_HEADS = [
    ("row", ""),
    ("d", ""),
    ("w", ""),
    ("r", ""),
    ("side", "px"),
    ("printed", ""),
    ("counted", ""),
    ("off", "%"),
    ("comes out", ""),
    ("that fit", "networks"),
    ("range", "counted"),
    ("such as", "left"),
]
TABLE_NOTE = (
    "Printed: in the paper, digits as there. Counted: by the lab under the usual reading. Off: counted above (+) or "
    "below printed. Comes out: the count, rounded half up to the printed digits, is the printed number; other: only "
    "under another reading, such as one that departs from the usual in what is named. A star: the row prints no "
    "multipliers; those of the row that does are assumed. Multipliers and side of B0 to B7 are those of the released "
    "code, not of the paper."
)
PARAMS_HEADS = [("network", ""), ("printed", "million"), ("counted", "million"), ("off", "%"), ("comes out", "")]
PARAMS_NOTE = "Printed in Table 2. Counted: weights, biases, and two numbers a channel of batch norm."
POINT_OVER = [("", 5), ("FLOPs, billion multiply-adds", 4), ("all readings", 3), ("", 1)]
POINT_HEADS = [
    ("point", ""),
    ("d", ""),
    ("w", ""),
    ("r", ""),
    ("side", "px"),
    ("drawn", "published"),
    ("counted", "of B0"),
    ("off", "%"),
    ("comes out", ""),
    ("that fit", "networks"),
    ("range", "counted"),
    ("nearest", "off, %"),
    ("top-1", "published, %"),
]
POINT_NOTE = (
    "Drawn: read off the vector drawing. Comes out: the count has the drawn digits or is within 1 %; other: only "
    "under another reading. Where the paper does not print w, the number in brackets is the w at which B0 costs what "
    "is drawn, with widths in single channels. Nearest: by how much the nearest of all readings is off."
)


def _left_out(recounts: Sequence[Recount]) -> str:
    """The rows that the lab has no network for, with what they print."""
    left = [each.row for each in recounts if each.row.why_not]
    told = (f"{row.label} ({row.flops.text if row.flops else 'none'})" for row in left)
    return f" Not counted, as the lab has no such family, with their printed FLOPs: {', '.join(told)}." if left else ""


def _groups(recounts: Sequence[Recount]) -> list[Group]:
    counted = [each for each in recounts if each.counts]
    names = dict.fromkeys(each.row.table for each in counted)
    return [Group(name, [_table_row(each) for each in counted if each.row.table == name]) for name in names]


def _by(row: Row) -> list[Cell]:
    if row.by is None:
        return [(NOTHING, SOFT)] * 3
    star = "*" if row.assumed else ""
    return [(f"{value:.3g}{star}", "") for value in vars(row.by).values()]


def _head(each: Recount) -> list[Cell]:
    side = str(each.usual.side) if each.counts else NOTHING
    return [(telling.row(each.row), ""), *_by(each.row), (side, "")]


def _flops(each: Recount) -> list[Cell]:
    """Printed, counted, off, comes out, how many of all readings come out, lowest to highest."""
    printed = each.row.flops.text if each.row.flops else NOTHING
    if not each.has_flops:
        return [(printed, ""), (NOTHING, SOFT), (NOTHING, SOFT), (NOTHING, SOFT), ("", ""), ("", "")]
    verdict = ("yes", GOOD) if each.comes_out else ("other", FAIR) if each.fitting else ("no", BAD)
    low, high = each.span
    span = telling.billions(low) if low == high else f"{telling.billions(low)} to {telling.billions(high)}"
    counted, share = telling.billions(each.usual.flops), f"{len(each.fitting)} of {len(each.tried)}"
    return [(printed, ""), (counted, ""), (_percent(each.off), ""), verdict, (share, ""), (span, "")]


def _percent(value: float) -> str:
    """Without the sign of percent, which the head has."""
    return telling.percent(value).removesuffix(telling.PERCENT)


def _table_row(each: Recount) -> list[Cell]:
    told = ""
    if each.has_flops and not each.comes_out:
        told = next((telling.reading(one) for one in each.fitting.values()), "")
    return [*_head(each), *_flops(each), (told, "left")]


def _parameters(recounts: Sequence[Recount]) -> list[list[Cell]]:
    lines: list[list[Cell]] = []
    for each in recounts:
        if each.row.params is not None and each.params_off is not None:
            counted = f"{each.usual.params / MILLION:.2f}"
            verdict = ("yes", GOOD) if each.params_come_out else ("no", BAD)
            cells = (telling.row(each.row), each.row.params.text, counted, _percent(each.params_off))
            lines.append([*((text, "") for text in cells), verdict])
    return lines


def _points(audit: Audit, points: Sequence[Recount]) -> list[Group]:
    solved = {one.row: one.by for one in audit.solved}
    groups: dict[str, list[list[Cell]]] = {}
    for each in points:
        if not each.counts and each.row not in solved:
            continue
        head = _head(each)
        by = solved.get(each.row)
        if by:
            head[1:4] = [(f"{by.d:g}", ""), (f"({by.w:.2f})", SOFT), (f"{by.r:g}", "")]
        nearest = _percent(each.nearest) if each.has_flops else ""
        groups.setdefault(each.row.table, []).append([*head, *_flops(each), (nearest, ""), (each.row.top1, "")])
    return [Group(name, rows) for name, rows in groups.items()]
