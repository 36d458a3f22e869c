"""The table of what a width or depth multiplier does to each family."""

from scaling_lab.paper import tables
from scaling_lab.report.audit.cells import SOFT, Cell, Group, Sheet

HEADS = [
    ("families", ""),
    ("published", ""),
    ("stem", ""),
    ("widths", "multiples of"),
    ("squeeze", "left"),
    ("head", ""),
    ("first stage", ""),
    ("last stage", ""),
    ("what else", "left"),
]
COLUMNS = ("official", "stem", "width_multiple", "squeeze", "head", "first_stage", "last_stage", "note")
NOTE = (
    "Published: which multipliers the family's own paper or code has. Stem, head: whether the width multiplier moves "
    "them (grows: above 1 only). First and last stage: whether the depth multiplier does. The lab does this under the "
    "rounding `paper`, by a test; sources are in published/rounding.csv."
)


def rounding() -> Sheet:
    """A row a family or group of families."""
    rows: list[list[Cell]] = []
    for row in tables.read_printed_table("rounding").to_dict("records"):
        marks = {"note": "left", "squeeze": "left"}
        cells = [(str(row[name]), marks.get(name, SOFT if row[name] in ("none", "") else "")) for name in COLUMNS]
        rows.append([(str(row["families"]), ""), *cells])
    return Sheet("Rounding by family", HEADS, [Group("", rows)], NOTE)
