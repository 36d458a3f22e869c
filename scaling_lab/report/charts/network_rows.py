"""The rows of charts about networks and points: one set, which the page contains once."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pandas as pd

from scaling_lab.analysis.text.settings import drop_common_settings, format_setting_part
from scaling_lab.analysis.unlearned.at_chance import find_unlearned
from scaling_lab.analysis.unlearned.kinds import BASELINE
from scaling_lab.formatting import DOT, TIMES
from scaling_lab.report.charts.dataset import Dataset

SETTING = ["family", "dataset", "recipe", "rounding", "lr_times"]
PANEL_BREAK = f" {DOT} "
"""What joins the parts of a panel's name, and where it is broken into lines."""
MEAN, LINE, BASE, POINT = "mean", "line", "base", "point"
"""Kinds of rows: a network's mean; the baseline's mean once for each rule, where its line begins, and once alone; and
the result of one seed."""
COLUMNS = (
    *("kind", "panel", "series", "budget", "times", "seed", "key", "what", "n"),
    *("accuracy", "low", "high", "flops", "params", "activations", "latency", "side", "network"),
    *("obtained", "off_budget", "shares"),
)
Network = Mapping[str, Any]


def make_network_rows(table: pd.DataFrame, accuracies: pd.DataFrame, with_points: bool) -> Dataset:
    """Return the rows.

    Args:
        table: One row per question.
        accuracies: The table `accuracy` (`scaling_lab.analysis.accuracy_table`) of the same study.
        with_points: Whether to add a row for each point.
    """
    panels = PanelNames(table)
    costs = table.groupby([*SETTING, "rule", "times_flops", "d", "w", "r"], sort=False, dropna=False)
    measured = {
        _network_id(dict(zip(costs.keys, values, strict=True))): {
            "activations": rows["activations"].iloc[0],
            "latency": pd.to_numeric(rows["latency_seconds"], errors="coerce").median() * 1000,
            "network": f"{rows['depths'].iloc[0]} blocks, {rows['widths'].iloc[0]} channels",
        }
        for values, rows in costs
    }
    rows = list(_mean_rows(accuracies, panels, measured))
    rows += _point_rows(table, panels) if with_points else []
    return Dataset(COLUMNS, rows)


class PanelNames:
    """Names of panels: the family, and whatever else differs between settings.

    Args:
        table: Rows with the columns SETTING.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self._varied = [name for name in SETTING[1:] if table[name].nunique(dropna=False) > 1]
        self._short = {name: drop_common_settings(table[name].dropna().unique()) for name in ("dataset", "recipe")}

    def name(self, row: Mapping[Any, Any]) -> str:
        """Return the name of a row's panel."""
        parts = ((name, self._short.get(name, {}).get(str(row[name]), row[name])) for name in self._varied)
        return PANEL_BREAK.join([str(row["family"]), *(format_setting_part(name, value) for name, value in parts)])


def name_budget(row: Mapping[Any, Any]) -> str:
    """Return the requested budget, or the requested multipliers, as text."""
    if pd.notna(row["times_flops"]):
        return f"{row['times_flops']:g}{TIMES}"
    return " ".join(f"{name} {row[name]:g}" for name in ("d", "w", "r") if pd.notna(row[name]))


def _network_id(row: Mapping[Any, Any]) -> tuple[Hashable, ...]:
    values = [row[name] for name in (*SETTING, "rule", "times_flops", "d", "w", "r")]
    return tuple(None if pd.isna(value) else value for value in values)


def _mean_rows(
    accuracies: pd.DataFrame, panels: PanelNames, measured: Mapping[tuple[Hashable, ...], Network]
) -> Iterator[dict[str, Any]]:
    records = [row for row in accuracies.to_dict("records") if pd.notna(row["accuracy"])]
    baselines = {panels.name(row): row for row in records if row["rule"] == BASELINE}
    by_baseline = {key[: len(SETTING)]: value for key, value in measured.items() if key[len(SETTING) + 1] == 1}
    begun = set()
    for row in records:
        panel, is_base = panels.name(row), row["rule"] == BASELINE
        own = measured.get(_network_id(row), {})
        if is_base:
            own = by_baseline.get(_network_id(row)[: len(SETTING)], {})
        mean = _mean_row(row, panel, own)
        yield mean | {"kind": BASE if is_base else MEAN}
        line = (panel, row["rule"])
        if not is_base and pd.notna(row["times_flops"]) and panel in baselines and line not in begun:
            begun.add(line)
            start = baselines[panel]
            own = by_baseline.get(_network_id(start)[: len(SETTING)], {})
            yield _mean_row(start, panel, own) | {"kind": LINE, "series": row["rule"]}


def _mean_row(row: Mapping[Hashable, Any], panel: str, network: Network) -> dict[str, Any]:
    got, times = row["times_flops_got"], row["times_flops"]
    interval = "" if pd.isna(row["low"]) else f" ({row['low']:.2f} to {row['high']:.2f})"
    return {
        "panel": panel,
        "series": row["rule"],
        "budget": name_budget(row),
        "times": times,
        "what": f"{row['accuracy']:.2f} %{interval}",
        "n": row["seeds"],
        **{name: row[name] for name in ("accuracy", "low", "high", "flops", "params", "side")},
        "obtained": got,
        "off_budget": None if pd.isna(times) else 100 * (got / times - 1),
        "shares": row["shares"] if pd.notna(row["shares"]) else "",
        **network,
    }


def _point_rows(table: pd.DataFrame, panels: PanelNames) -> Iterator[dict[str, Any]]:
    points = table.drop_duplicates("key")
    accuracy = pd.to_numeric(points["test_accuracy"], errors="coerce").where(~find_unlearned(points))
    for row, share in zip(points.to_dict("records"), accuracy, strict=True):
        if pd.isna(share):
            continue
        yield {
            "kind": POINT,
            "panel": panels.name(row),
            "series": BASELINE if row["times_flops"] == 1 else row["rule"],
            "budget": name_budget(row),
            "times": row["times_flops"],
            "seed": str(row["seed"]),
            "key": row["key"],
            "what": f"{100 * share:.2f} %",
            "accuracy": 100 * share,
            **{name: row[name] for name in ("flops", "params", "activations", "side")},
            "latency": None if pd.isna(row["latency_seconds"]) else 1000 * row["latency_seconds"],
            "network": f"{row['depths']} blocks, {row['widths']} channels",
            "obtained": row["times_flops_got"],
        }
