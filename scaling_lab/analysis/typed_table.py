"""The table of a study with typed columns, for notebooks: what `lab.load` returns."""

from typing import Any

import pandas as pd

from scaling_lab.analysis.accuracy_table import is_baseline
from scaling_lab.analysis.setting import SETTING_COLUMNS
from scaling_lab.analysis.unlearned.kinds import BASELINE

CATEGORIES = ("family", "rule", "rounding", "dataset", "recipe", "device", "precision", "torch", "python")
STATES = ("done", "failed", "missing")
INTEGERS = (
    *("seed", "epochs", "flops", "flops_fvcore", "params", "activations", "side", "test_pictures"),
    *("peak_memory", "threads", "at_once", "processes", "resumed", "skipped", "cores"),
)
BOOLEANS = ("learned", "compiled", "sync_batch_norm")
LISTS = ("depths", "widths")
TEXTS = (
    "key",
    "dataset_fingerprint",
    "test_correct",
    "processor",
    "instruction_set",
    "system",
    "code",
    "commit",
    "source",
)
TIMES = ("finished",)


def make_typed_table(table: pd.DataFrame, baseline_once: bool) -> pd.DataFrame:
    """Return a table of questions with nullable types: missing values are `pd.NA`, or `pd.NaT` for times.

    Args:
        table: one row per question, with the columns of `scaling_lab.store.table`.
        baseline_once: keep one row per baseline network, setting and seed, with the rule `baseline`; otherwise each
            rule keeps its own 1x row.
    """
    rows = _merge_baselines(table) if baseline_once else table.reset_index(drop=True)
    return pd.DataFrame({name: _typed(str(name), rows[name]) for name in rows.columns})


def _merge_baselines(table: pd.DataFrame) -> pd.DataFrame:
    unscaled = pd.Series(
        [is_baseline(question) for question in table.to_dict("records")], index=table.index, dtype=bool
    )
    rows = table.assign(rule=table["rule"].astype(object).mask(unscaled, BASELINE))
    repeated = rows.duplicated([*SETTING_COLUMNS, "seed", "key"]) & unscaled
    return rows[~repeated].reset_index(drop=True)


def _typed(name: str, column: "pd.Series[Any]") -> "pd.Series[Any]":
    if name == "state":
        return column.astype(pd.CategoricalDtype(list(STATES)))
    if name in LISTS:
        return column.map(_split).astype(object)
    if name in TIMES:
        return pd.Series(pd.to_datetime(column, utc=True, errors="coerce"))
    kind = "category" if name in CATEGORIES else _kind(name, column)
    return pd.Series(column.astype(object).where(column.notna(), None), dtype=kind)


def _kind(name: str, column: "pd.Series[Any]") -> Any:
    if name in INTEGERS or name in BOOLEANS:
        return "Int64" if name in INTEGERS else "boolean"
    return "string" if name in TEXTS or any(isinstance(value, str) for value in column) else "Float64"


def _split(text: object) -> list[int] | None:
    return [int(number) for number in text.split("-")] if isinstance(text, str) else None
