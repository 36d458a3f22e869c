"""Put the tables of several studies together, so that each setting and each result counts once.

A setting is the same in two folders if its names are, its baseline has the same FLOPs and side, and no question of both
has two different results. Then its results are put together. Otherwise the settings are different ones that happen to
have one name, and the later folder's gets the name of its study in brackets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scaling_lab.analysis.evidence import ARM_COLUMNS
from scaling_lab.analysis.setting import SETTING_COLUMNS
from scaling_lab.formatting import format_magnitude, pluralize
from scaling_lab.store.imported import UNKNOWN

QUESTION_COLUMNS = [*ARM_COLUMNS, "seed"]


@dataclass(frozen=True, eq=False)
class MergedTables:
    """Tables of studies in which each setting is in one table.

    Attributes:
        tables: By name of the study.
        notes: Sentences on settings that several studies have.
    """

    tables: Mapping[str, pd.DataFrame]
    notes: tuple[str, ...]


def merge_tables(tables: Mapping[str, pd.DataFrame]) -> MergedTables:
    """Return the table of each study with each setting in the first study that has it, and sentences on what is one."""
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in tables}
    owners: dict[tuple[Any, ...], list[tuple[str, int]]] = {}
    notes = []
    for name, table in tables.items():
        for setting, rows in table.groupby(SETTING_COLUMNS, sort=False, dropna=False):
            family, known = rows["family"].iloc[0], owners.setdefault(setting, [])
            reasons = [_explain_difference(parts[owner][place], rows) for owner, place in known]
            if None in reasons:
                owner, place = known[reasons.index(None)]
                earlier = parts[owner][place]
                parts[owner][place] = merged = _merge_rows(earlier, rows)
                new = _count_results(merged) - _count_results(earlier)
                both = pluralize(_count_results(rows) - new, "result")
                notes.append(f"{family} is one setting of {owner} and {name}: {both} counted once, {new} added.")
                continue
            if known:
                notes.append(f"{family} in {name} is not the setting of that name in {known[0][0]}: {reasons[0]}.")
                rows = rows.assign(family=f"{family} ({name})")
            known.append((name, len(parts[name])))
            parts[name].append(rows)
    merged_tables = {name: pd.concat(same_name, ignore_index=True) for name, same_name in parts.items() if same_name}
    return MergedTables(merged_tables, tuple(notes))


def _explain_difference(earlier: pd.DataFrame, rows: pd.DataFrame) -> str | None:
    """Return why two settings of one name differ, as a clause; None if they are one."""
    (flops, side), (other_flops, other_side) = _baseline(earlier), _baseline(rows)
    if (flops, side) != (other_flops, other_side):
        return (
            f"its baseline has {format_magnitude(other_flops)} multiply-adds at {other_side} px instead of "
            f"{format_magnitude(flops)} at {side} px"
        )
    if _is_unknown(rows) and not set(earlier["key"]) & set(rows["key"]):
        return "an import does not say with which data set and recipe it was trained"
    both = pd.concat([earlier.assign(family=rows["family"].iloc[0]), rows], ignore_index=True)
    if (both.groupby(QUESTION_COLUMNS, dropna=False)["key"].nunique() > 1).any():
        return "its points were trained in another way, as the keys of equal questions differ"
    return None


def _is_unknown(rows: pd.DataFrame) -> bool:
    """Return whether the data set or the recipe of a setting is not known."""
    return bool((rows[["dataset", "recipe"]].iloc[0] == UNKNOWN).any())


def _baseline(rows: pd.DataFrame) -> tuple[int, int | None]:
    """Return the FLOPs and the side, if it is known, of the baseline, from any of its scaled networks."""
    row = rows.iloc[0]
    side = row["side"] / row["r_got"]
    return round(row["flops"] / row["times_flops_got"]), None if pd.isna(side) else round(side)


def _merge_rows(earlier: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return all questions once, with a result if one of the two has it."""
    both = pd.concat([earlier, rows.assign(family=earlier["family"].iloc[0])], ignore_index=True)
    order = both["state"].ne("done").sort_values(kind="stable").index
    return both.loc[order].drop_duplicates(QUESTION_COLUMNS).sort_index()


def _count_results(rows: pd.DataFrame) -> int:
    return int(rows.loc[rows["state"] == "done", "key"].nunique())
