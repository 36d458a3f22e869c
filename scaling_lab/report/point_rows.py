"""The table of every point, and what opens under a row: its configuration, history and command."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scaling_lab.analysis.load import ResultsFolder
from scaling_lab.analysis.unlearned.at_chance import find_unlearned
from scaling_lab.errors import UserError
from scaling_lab.report.charts.network_rows import PanelNames, name_budget
from scaling_lab.report.histories import History, make_histories, read_point_results
from scaling_lab.store.epochs import EpochReader
from scaling_lab.store.plan_schema import Entry, Plan
from scaling_lab.store.schema import Result

MAX_POINTS = 1000
"""Largest number of points of which a page has rows; above, its charts and tables are about networks alone."""
PointCommand = Callable[[Plan, Entry, Mapping[str, Any]], str]
"""Returns the command that trains a plan's entry again, from the plan, the entry and its row in the table."""
VARIED = ("family", "dataset", "recipe", "rounding", "lr_times")
CONFIGURATION = {
    "family": "family",
    "rule": "rule",
    "rounding": "rounding",
    "times_flops": "requested FLOPs, times the baseline's",
    "times_flops_got": "obtained FLOPs, times the baseline's",
    "d_got": "obtained depth multiplier",
    "w_got": "obtained width multiplier",
    "r_got": "obtained resolution multiplier",
    "side": "side of the images in px",
    "depths": "blocks of each stage",
    "widths": "channels of each stage",
    "dataset": "data set",
    "dataset_fingerprint": "fingerprint of the data set",
    "recipe": "recipe",
    "lr_times": "learning rate, times the recipe's",
    "epochs": "epochs",
    "seed": "seed",
    "device": "device",
    "precision": "precision",
    "torch": "torch",
    "commit": "commit of the code",
    "finished": "finished (UTC)",
}


@dataclass(frozen=True)
class PointRows:
    """The points of a page.

    Attributes:
        varied: Columns of settings in which the points differ.
        rows: Values of the table's cells of each point; empty for a study of more than MAX_POINTS.
        details: What opens under the row of a point, by its key.
        histories: History of each point, by key; those without a record of their epochs are left out.
    """

    varied: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    details: Mapping[str, Mapping[str, Any]]
    histories: Mapping[str, History]


NO_POINTS = PointRows((), (), {}, {})


def make_point_rows(folder: ResultsFolder, point_command: PointCommand | None) -> PointRows:
    """Return the points of a study.

    Args:
        folder: The results folder.
        point_command: Returns the command of a point; None leaves commands out.
    """
    points = folder.table.drop_duplicates("key")
    if len(points) > MAX_POINTS:
        return NO_POINTS
    results = read_point_results(folder.store, folder.stored, points["key"])
    done = points.loc[points["state"] == "done", "key"]
    histories = make_histories(EpochReader(folder.store, results).read_all(done))
    commands = _list_commands(folder, points, point_command)
    unlearned, failures = find_unlearned(points), folder.stored.failures
    panels = PanelNames(folder.table)
    rows = [
        _make_row(row, bool(chance)) | {"panel": panels.name(row)}
        for row, chance in zip(points.to_dict("records"), unlearned, strict=True)
    ]
    details = {
        str(row["key"]): {
            "configuration": [
                *_list_configuration(row, results.get(row["key"]), str(row["key"]) in commands),
                *([("error", failures[row["key"]])] if row["key"] in failures else []),
            ],
            "history": histories.get(row["key"], {}),
            "command": commands.get(row["key"], ""),
        }
        for row in points.to_dict("records")
    }
    varied = [name for name in VARIED if points[name].nunique(dropna=False) > 1]
    return PointRows(varied, rows, details, histories)


def _make_row(row: Mapping[Any, Any], is_at_chance: bool) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("key", "seed", *VARIED)},
        "side": "" if pd.isna(row["side"]) else f"{row['side']:g}",
        "rule": "baseline" if row["times_flops"] == 1 else row["rule"],
        "budget": name_budget(row),
        "state": "at chance" if is_at_chance else row["state"],
        "test": _percent(row["test_accuracy"]),
        "held_out": _percent(row["held_out_accuracy"]),
        "flops": f"{row['flops'] / 1e6:,.3f}",
        "params": "" if pd.isna(row["params"]) else f"{row['params'] / 1e6:,.3f}",
        "seconds": "" if pd.isna(row["train_seconds"]) else f"{row['train_seconds']:,.0f}",
    }


def _percent(share: Any) -> str:
    return "" if pd.isna(share) else f"{100 * share:.2f}"


def _list_configuration(row: Mapping[Any, Any], result: Result | None, has_command: bool) -> list[tuple[str, str]]:
    """Return the settings of a point as pairs of name and value, those of the optimizer last."""
    known = {name: row[name] for name in CONFIGURATION if pd.notna(row.get(name))}
    if row["times_flops"] == 1:
        named = f" (the command names {row['rule']})" if has_command else ""
        known["rule"] = f"baseline: the same network for every rule{named}"
    listed = [(label, _text(known[name])) for name, label in CONFIGURATION.items() if name in known]
    recipe = result.point.get("recipe") if result else None
    if isinstance(recipe, Mapping):
        listed += [(name.replace("_", " "), _text(value)) for name, value in recipe.items() if name != "is"]
    return listed


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _list_commands(folder: ResultsFolder, points: pd.DataFrame, point_command: PointCommand | None) -> dict[str, str]:
    """Return the command of each point by key; none without a readable plan."""
    if point_command is None:
        return {}
    try:
        plan = folder.store.read_plan()
    except UserError:
        return {}
    rows = {row["key"]: row for row in points.to_dict("records")}
    entries = {entry.key: entry for entry in reversed(plan.entries) if entry.key in rows}  # the first of each point
    return {key: point_command(plan, entry, _provenance(rows[key])) for key, entry in entries.items()}


def _provenance(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row.items() if pd.notna(value)}
