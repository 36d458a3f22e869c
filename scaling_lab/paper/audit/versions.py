"""Find the versions of the paper that an accuracy belongs to: those whose Table 2 prints it for that network."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scaling_lab.paper.audit.formula import released_coefficients
from scaling_lab.paper.audit.rows import B0_SIDE, PublishedRow
from scaling_lab.paper.tables import read_printed_records

VERSIONS = ("v1", "v3", "v5")
LATEST_VERSION = "v5"


@dataclass(frozen=True)
class QuotedAccuracy:
    """An accuracy of a named network outside Table 2.

    Attributes:
        place: Table or figure.
        label: Which row or point.
        model: The paper's name of the network.
        top1: ImageNet top-1 in percent, as printed.
        carried_by: Versions of the paper that print this number in this place.
        printed_by: Versions whose Table 2 has this number for this network.
    """

    place: str
    label: str
    model: str
    top1: str
    carried_by: tuple[str, ...]
    printed_by: tuple[str, ...]

    @property
    def conflicting_versions(self) -> tuple[str, ...]:
        """The versions that carry this number but print another one in their own Table 2."""
        return tuple(version for version in self.carried_by if version not in self.printed_by)


def table2_accuracies() -> dict[str, dict[str, str]]:
    """Return top-1 of Table 2 by model and version. Compared networks are the same in every version."""
    accuracies: dict[str, dict[str, str]] = {}
    for record in read_printed_records("table2"):
        if not record["version"].startswith("arXiv") or record["setting"]:
            continue
        table_version = (record["version"].removeprefix("arXiv "),)
        versions = versions_in(record["source"]) if record["kind"] == "compared" else table_version
        accuracies.setdefault(record["model"], {}).update(dict.fromkeys(versions, record["top1"]))
    return accuracies


def versions_in(source: str) -> tuple[str, ...]:
    """Return the versions of the paper that a source names, sorted."""
    return tuple(sorted(set(re.findall(r"v[1-9]\b", source))))


def quoted_accuracies(rows: Sequence[PublishedRow]) -> list[QuotedAccuracy]:
    """Return the accuracies of named networks in Tables 4 and 7 and in Figures 3, 4 and 8."""
    known = table2_accuracies()
    return list(dict.fromkeys([*_table4(known), *_table7(rows, known), *_figures(rows, known)]))


def _table4(known: dict[str, dict[str, str]]) -> Iterator[QuotedAccuracy]:
    for record in read_printed_records("table4"):
        model = record["model"]
        yield _quoted("Table 4", model, model, record["top1"], versions_in(record["source"]), known)


def _table7(rows: Sequence[PublishedRow], known: dict[str, dict[str, str]]) -> Iterator[QuotedAccuracy]:
    row_by_label = {row.label: row for row in rows if row.table == "Table 7"}
    for record in read_printed_records("table7"):
        model = _model(row_by_label[record["row"]]) if record["row"] in row_by_label else None
        if model is None:
            continue
        versions_by_number: dict[str, list[str]] = {}
        for version in VERSIONS:
            versions_by_number.setdefault(record[f"top1_{version}"], []).append(version)
        for top1, carried_by in versions_by_number.items():
            yield _quoted("Table 7", record["row"], model, top1, tuple(carried_by), known)


def _figures(rows: Sequence[PublishedRow], known: dict[str, dict[str, str]]) -> Iterator[QuotedAccuracy]:
    for row in rows:
        model = _model(row) if row.table.startswith("Figure") else None
        if model is not None:
            yield _quoted(row.table, row.label, model, row.top1, versions_in(row.source), known)


def _model(row: PublishedRow) -> str | None:
    """Return the EfficientNet with a row's multipliers; r may be rounded to one decimal, as printed."""
    if row.multipliers is None:
        return None
    for released in released_coefficients():
        r = released.side / B0_SIDE
        same = (released.depth, released.width) == (row.multipliers.d, row.multipliers.w)
        if same and row.multipliers.r in (r, round(r, 1)):
            return released.model
    return None


def _quoted(
    place: str, label: str, model: str, top1: str, carried_by: tuple[str, ...], known: dict[str, dict[str, str]]
) -> QuotedAccuracy:
    printed_by = tuple(version for version, text in sorted(known[model].items()) if float(text) == float(top1))
    return QuotedAccuracy(place, label, model, top1, carried_by, printed_by)
