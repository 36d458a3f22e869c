"""Formats of tables besides a long one: exports of W&B and TensorBoard, and timm's `summary.csv`. No torch.

Of a file per training, the last epoch counts, and `runs` (a table with the column `run`) says what was trained.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from scaling_lab.errors import UserError
from scaling_lab.formatting import pluralize
from scaling_lab.study.imports.fields import LINE, LONG, SOURCE, TENSORBOARD, TIMM, WANDB
from scaling_lab.study.imports.units import LOOKS_LIKE_ERRORS
from scaling_lab.study.option_names import option

RUN = "run"
TENSORBOARD_HEADER = ("Wall time", "Step", "Value")
TIMM_HEADER = frozenset(("epoch", "train_loss", "eval_top1"))
TIMM_NAMES = {"eval_top1": "accuracy", "eval_top5": "test_top5", "eval_loss": "test_loss"}
ACCURACY_TAG = "accuracy"
_TENSORBOARD_NAME = re.compile(r"run-(?P<run>.+)-tag-(?P<tag>.+)\.csv")
_NOT_LITERALS = re.compile(r"(?<![\w'\"])(nan|inf|NaN|Infinity)(?![\w'\"])")


def infer_format(table: pd.DataFrame) -> str:
    """Return the format of a table from its header."""
    names = [str(name) for name in table.columns if name not in (SOURCE, LINE)]
    if tuple(names) == TENSORBOARD_HEADER:
        return TENSORBOARD
    if set(names) >= TIMM_HEADER:
        return TIMM
    if {"summary", "config"} <= set(names) or {"Name", "State"} <= set(names):
        return WANDB
    return LONG


def convert(tables: Sequence[tuple[Path, pd.DataFrame]], kind: str) -> tuple[pd.DataFrame, list[str]]:
    """Return one row per training, and sentences on what was taken and left out.

    Args:
        tables: Tables of text with their files.
        kind: One of `fields.FORMATS`.
    """
    if kind == WANDB:
        return _convert_wandb(pd.concat([table for _, table in tables], ignore_index=True).fillna(""))
    if kind in (TENSORBOARD, TIMM):
        return _join_files(tables, kind), ["The last epoch of each run counts."]
    return pd.concat([table for _, table in tables], ignore_index=True).fillna(""), []


def _join_files(tables: Sequence[tuple[Path, pd.DataFrame]], kind: str) -> pd.DataFrame:
    """Return one row per run, from one file per run (timm) or per run and tag (TensorBoard).

    With one tag, it is the accuracy. With several, their columns have the names of the tags.

    Raises:
        UserError: Two files are of the same run and tag, or the only tag is that of an error or loss.
    """
    tags = {_split_name(path)[1] for path, _ in tables} if kind == TENSORBOARD else set()
    if len(tags) == 1 and LOOKS_LIKE_ERRORS.search(next(iter(tags))):
        raise UserError(f"the tag {next(iter(tags))} looks like errors or losses; give the files of accuracies")
    rows: dict[str, dict[str, str]] = {}
    known: dict[tuple[str, str], Path] = {}
    for path, table in tables:
        run, tag = _split_name(path) if kind == TENSORBOARD else (path.absolute().parent.name, "")
        earlier = known.setdefault((run, tag), path)
        if earlier is not path:
            raise UserError(f"the run {run!r} is in {earlier} and in {path}; give each run a name of its own")
        row = _last_value(path, table, len(tags) == 1) if kind == TENSORBOARD else _last_epoch(path, table)
        rows.setdefault(run, {}).update(row)
    return pd.DataFrame(list(rows.values()), dtype=object).fillna("")


def _split_name(path: Path) -> tuple[str, str]:
    """Return the run and the tag in the name of a file that TensorBoard's page downloaded."""
    match = _TENSORBOARD_NAME.fullmatch(path.name)
    return (match["run"], match["tag"]) if match else (path.stem, ACCURACY_TAG)


def join_runs(table: pd.DataFrame, runs: pd.DataFrame, place: str) -> pd.DataFrame:
    """Return the trainings with what the table of runs says of them.

    Raises:
        UserError: A run is missing on one of the two sides, or repeated.
    """
    if RUN not in table or RUN not in runs:
        raise UserError(
            f"{option('runs')} joins by the column {RUN}, which {place if RUN not in runs else 'the results'} lacks"
        )
    trained, described = table[RUN].tolist(), runs[RUN].tolist()
    if repeated := [name for name in described if described.count(name) > 1]:
        raise UserError(f"{place} has the run {repeated[0]!r} more than once")
    for names, others, where in ((trained, described, place), (described, trained, "the results")):
        if absent := [name for name in names if name not in others]:
            raise UserError(f"the run {absent[0]!r} is not in {where} ({pluralize(len(absent), 'run')} in all)")
    added = runs.drop(columns=[name for name in runs if name in (SOURCE, LINE)])
    return table.drop(columns=[name for name in added if name in table and name != RUN]).merge(added, on=RUN)


def _last_value(path: Path, table: pd.DataFrame, is_accuracy: bool) -> dict[str, str]:
    """Return the last value of a scalar that TensorBoard's page downloaded."""
    run, tag = _split_name(path)
    last = max(table.to_dict("records"), key=lambda row: _number(path, row, "Step"))
    row = {RUN: run, SOURCE: path.name, LINE: last[LINE], tag: last["Value"]}
    return row | ({ACCURACY_TAG: last["Value"]} if is_accuracy else {})


def _last_epoch(path: Path, table: pd.DataFrame) -> dict[str, str]:
    """Return the last epoch of timm's summary of a training, which has the name of its folder."""
    last = max(table.to_dict("records"), key=lambda row: _number(path, row, "epoch"))
    values = {str(name): str(value) for name, value in last.items()}
    named = {new: values[old] for old, new in TIMM_NAMES.items() if old in values}
    epochs = str(int(_number(path, last, "epoch")) + 1)
    return (
        values | named | {RUN: path.absolute().parent.name, "epochs": epochs, SOURCE: f"{path.parent.name}/{path.name}"}
    )


def _number(path: Path, row: Mapping[Any, Any], name: str) -> float:
    try:
        return float(row[name])
    except ValueError:
        raise UserError(f"{path.name} {row[LINE]}: {name} {row[name][:40]!r} is not a number") from None


def _convert_wandb(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return a table of runs, with the entries of `summary` and `config` as columns, without runs that did not end."""
    notes = []
    state = next((name for name in ("State", "state") if name in table), None)
    if state:
        ended = table[state].str.lower().isin(("finished", ""))
        if not ended.all():
            states = ", ".join(sorted(set(table.loc[~ended, state])))
            runs = table.loc[~ended, [SOURCE, LINE]].astype(str).agg(" ".join, axis=1)
            notes.append(f"Left out: {pluralize(len(runs), 'run')} that did not finish ({states}): {', '.join(runs)}.")
        table = table[ended]
    columns = [name for name in ("config", "summary") if name in table]
    if len(columns) < 2:
        return table.reset_index(drop=True), notes
    rows = []
    for row in table.to_dict("records"):
        values = {str(name): value for name, value in row.items() if name not in columns}
        for column in columns:
            parsed = _parse_mapping(f"{row[SOURCE]} {row[LINE]}: {column}", str(row[column]))
            values |= {name: value for name, value in parsed.items() if not name.startswith("_")}
        rows.append(values)
    return pd.DataFrame(rows, dtype=object).fillna(""), notes


def _parse_mapping(place: str, text: str) -> dict[str, str]:
    """Return a mapping that was written as Python or JSON; runs no code."""
    replaced = {"true": "True", "false": "False", "null": "None"}
    python = re.sub(r"(?<![\w'\"])(true|false|null)(?![\w'\"])", lambda match: replaced[match[0]], text)
    try:
        parsed = ast.literal_eval(_NOT_LITERALS.sub("None", python))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise UserError(f"{place} is not a mapping: {text[:60]!r}")
    return {str(name): "" if value is None else str(value) for name, value in parsed.items()}
