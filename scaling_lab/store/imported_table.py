"""The table of imported results, with the columns of `store.table`; what is not known is missing. No torch."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.store.imported import BASELINE, ImportedRun, ImportedStudy
from scaling_lab.store.table import TABLE_COLUMNS

ROUNDING = "imported"
"""Rounding of imported networks in the table, which is not known."""
_RECORDED = (
    *("family", "times_flops", "d", "w", "r", "dataset", "recipe", "seed", "lr_times", "epochs", "key", "flops"),
    *("params", "activations", "side", "times_flops_got", "held_out_accuracy", "test_accuracy", "test_pictures"),
    *("test_loss", "test_top5", "train_seconds", "latency_seconds", "source"),
)
_NOT_NUMBERS = (
    *("family", "rule", "rounding", "dataset", "recipe", "key", "state", "source", "depths", "widths", "learned"),
    *("dataset_fingerprint", "test_correct", "device", "precision", "compiled", "torch", "python", "processor"),
    *("instruction_set", "sync_batch_norm", "system", "code", "commit", "finished"),
)


def imported_table(study: ImportedStudy) -> pd.DataFrame:
    """Return one row per result and rule; a baseline has a row of each rule of its setting, as in a sweep."""
    rows = pd.DataFrame([_row(rule, run) for rule, run in _with_rules(study)], columns=list(TABLE_COLUMNS))
    missing = {name: float for name in rows if rows[name].isna().all() and name not in _NOT_NUMBERS}
    return rows.astype(missing)


def _with_rules(study: ImportedStudy) -> Iterator[tuple[str, ImportedRun]]:
    """Yield each run with its rule, a baseline with every rule of its setting."""
    rules: dict[tuple[object, ...], list[str]] = {}
    for run in study.runs:
        known = rules.setdefault(_setting(run), [])
        if run.rule not in (BASELINE, *known):
            known.append(run.rule)
    for run in study.runs:
        for rule in (rules[_setting(run)] or [BASELINE]) if run.rule == BASELINE else [run.rule]:
            yield rule, run


def _setting(run: ImportedRun) -> tuple[object, ...]:
    return run.family, run.dataset, run.recipe, run.lr_times


def _row(rule: str, run: ImportedRun) -> dict[str, Any]:
    values = {name: getattr(run, name) for name in _RECORDED} | {"rule": rule, "rounding": ROUNDING}
    obtained = {"d_got": run.d, "w_got": run.w, "r_got": run.r}
    state = "missing" if run.test_accuracy is None else "done"
    return values | obtained | _shares(run) | {"state": state}


def _shares(run: ImportedRun) -> dict[str, float]:
    if run.d is None or run.w is None or run.r is None:
        return {}
    shares = Multipliers(run.d, run.w, run.r).shares
    return dict(zip(("depth_share", "width_share", "resolution_share"), shares, strict=True)) if shares else {}
