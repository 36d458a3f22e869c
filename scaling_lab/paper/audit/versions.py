"""Which version of the paper an accuracy belongs to: the versions whose Table 2 prints it for that network."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scaling_lab.paper.audit.formula import released
from scaling_lab.paper.audit.rows import Row
from scaling_lab.paper.tables import read_printed_table

LATEST = "v5"


@dataclass(frozen=True)
class Sighting:
    """An accuracy of a named network outside Table 2: where, in which versions, and whose Table 2 it is."""

    place: str
    label: str
    model: str
    top1: str
    carried_by: tuple[str, ...]
    printed_by: tuple[str, ...]

    @property
    def at_odds(self) -> tuple[str, ...]:
        """The versions that carry this number and print another in their own Table 2."""
        return tuple(version for version in self.carried_by if version not in self.printed_by)


def table2() -> dict[str, dict[str, str]]:
    """Top-1 as printed in Table 2: model to version to text. Compared networks are the same in every version."""
    table = read_printed_table("table2")
    table = table[table["version"].str.startswith("arXiv") & (table["setting"] == "")]
    found: dict[str, dict[str, str]] = {}
    for one in table.to_dict("records"):
        versions = named(one["source"]) if one["kind"] == "compared" else (one["version"].removeprefix("arXiv "),)
        found.setdefault(one["model"], {}).update(dict.fromkeys(versions, one["top1"]))
    return found


def named(source: str) -> tuple[str, ...]:
    """The versions of the paper that a source names, sorted."""
    return tuple(sorted(set(re.findall(r"v[1-9]\b", source))))


def sightings(rows: Sequence[Row]) -> list[Sighting]:
    """Tables 4 and 7 and the points of Figures 3, 4 and 8 that are named networks."""
    known = table2()
    found = [*_table4(known), *_table7(rows, known), *_figures(rows, known)]
    return list(dict.fromkeys(found))


def _table4(known: dict[str, dict[str, str]]) -> Iterator[Sighting]:
    for one in read_printed_table("table4").to_dict("records"):
        yield _sighting("Table 4", one["model"], one["model"], one["top1"], named(one["source"]), known)


def _table7(rows: Sequence[Row], known: dict[str, dict[str, str]]) -> Iterator[Sighting]:
    own = {row.label: row for row in rows if row.table == "Table 7"}
    for one in read_printed_table("table7").to_dict("records"):
        model = _model(own[one["row"]]) if one["row"] in own else None
        if model is None:
            continue
        by_number: dict[str, list[str]] = {}
        for version in ("v1", "v3", "v5"):
            by_number.setdefault(one[f"top1_{version}"], []).append(version)
        for top1, carried in by_number.items():
            yield _sighting("Table 7", one["row"], model, top1, tuple(carried), known)


def _figures(rows: Sequence[Row], known: dict[str, dict[str, str]]) -> Iterator[Sighting]:
    for row in rows:
        model = _model(row) if row.table.startswith("Figure") else None
        if model is not None:
            yield _sighting(row.table, row.label, model, row.top1, named(row.source), known)


def _model(row: Row) -> str | None:
    """The EfficientNet with a row's multipliers; the released side is the printed one at its single decimal."""
    if row.by is None:
        return None
    for one in released().itertuples():
        r = one.resolution / 224
        if (one.depth_coeff, one.width_coeff) == (row.by.d, row.by.w) and row.by.r in (r, round(r, 1)):
            return str(one.model)
    return None


def _sighting(
    place: str, label: str, model: str, top1: str, carried: tuple[str, ...], known: dict[str, dict[str, str]]
) -> Sighting:
    printed_by = tuple(version for version, text in sorted(known[model].items()) if float(text) == float(top1))
    return Sighting(place, label, model, top1, carried, printed_by)
