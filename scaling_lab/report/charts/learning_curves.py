"""Chart of trainings: loss and held-out accuracy of each epoch, a line per network."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scaling_lab.analysis.unlearned.kinds import BASELINE
from scaling_lab.report.charts.chart import Chart, Choice, Spec, color_scale, is_in, panel_facet, resolve_axes, tooltip
from scaling_lab.report.charts.dataset import Dataset
from scaling_lab.report.charts.network_rows import SETTING, PanelNames, name_budget
from scaling_lab.report.histories import MEASURES, History

LOW, HIGH = "_low", "_high"
SHOWN = "_shown"
"""End of the field with the text that the tooltip shows for a measure."""
RANGED = tuple(name for name in MEASURES if name != "lr")  # the learning rate does not depend on the seed
RANGES = tuple(f"{name}{end}" for name in RANGED for end in (LOW, HIGH))
COLUMNS = ("panel", "series", "budget", "times", "network", "epoch", "n", *MEASURES, *RANGES)
LINE_WIDTHS = [1.2, 3.2]  # of the smallest and of the largest budget
MAX_ROWS = 6000
"""Largest number of rows of the chart; longer trainings are drawn at every second, third, ... epoch."""
MAX_TICKS = 8


def make_curve_rows(table: pd.DataFrame, histories: Mapping[str, History]) -> Dataset:
    """Return a row for each network and epoch, with means over seeds and their range.

    Args:
        table: One row per question.
        histories: History of each point, by key.
    """
    points = table[table["key"].isin(list(histories))].drop_duplicates("key")
    panels, rows = PanelNames(table), list[dict[str, Any]]()
    networks = points.groupby([*SETTING, "rule", "times_flops", "d", "w", "r"], sort=False, dropna=False)
    for number, (_, seeds) in enumerate(networks):
        first = seeds.iloc[0].to_dict()
        series = BASELINE if first["times_flops"] == 1 else first["rule"]
        named = {"panel": panels.name(first), "series": series, "budget": name_budget(first), "network": str(number)}
        named["times"] = None if pd.isna(first["times_flops"]) else first["times_flops"]
        rows += [named | row for row in _average([histories[key] for key in seeds["key"]])]
    every = 1 + len(rows) // MAX_ROWS
    return Dataset(COLUMNS, [row for row in rows if row["epoch"] % every == 0 or row["epoch"] == row["last"]])


def _average(seeds: Sequence[History]) -> Iterator[dict[str, Any]]:
    """Yield mean and range over seeds of each measure at each epoch; a measure that a seed lacks is missing."""
    last = min(len(history["train_loss"]) for history in seeds)
    for epoch in range(last):
        values = {name: [history[name][epoch] for history in seeds if epoch < len(history[name])] for name in MEASURES}
        measured: dict[str, float | None] = dict.fromkeys((*MEASURES, *RANGES))
        for name, of_seeds in values.items():
            numbers = [value for value in of_seeds if value is not None]
            if not numbers or len(numbers) < len(seeds):
                continue
            measured[name] = float(np.mean(numbers))
            if len(seeds) > 1 and name in RANGED:
                measured |= {f"{name}{LOW}": min(numbers), f"{name}{HIGH}": max(numbers)}
        yield measured | {"epoch": epoch + 1, "last": last, "n": len(seeds)}


def _epoch_axis(rows: Dataset) -> Spec:
    epochs = sorted(rows.values("epoch"))
    return {"format": "d"} | ({"values": epochs} if len(epochs) <= MAX_TICKS else {"tickCount": MAX_TICKS})


def _encode(rows: Dataset, rules: Sequence[str], measures: Sequence[tuple[str, str]]) -> Spec:
    """Return axes, colors and tooltip. The first of the measures, each with its title, is on the vertical axis."""
    field, title = measures[0]
    color, _ = color_scale(rules)
    legend = {"title": None, "orient": "top", "symbolOpacity": 1, "labelLimit": 240}
    return {
        "x": {"field": rows["epoch"], "type": "quantitative", "title": "epoch", "axis": _epoch_axis(rows)},
        "y": {"field": field, "type": "quantitative", "title": title, "scale": {"zero": False}},
        "color": {
            "field": rows["series"],
            "type": "nominal",
            "scale": color,
            "legend": legend | {"symbolType": "stroke", "symbolStrokeWidth": 3},
        },
        "detail": {"field": rows["network"], "type": "nominal"},
        "tooltip": tooltip(
            (rows["series"], "rule", None),
            (rows["budget"], "budget", None),
            (rows["epoch"], "epoch", "d"),
            *((f"{name}{SHOWN}", label, None) for name, label in measures),
            (rows["n"], "seeds", "d"),
        ),
    }


def _write_measure(rows: Dataset, name: str) -> Spec:
    """Return the transform that writes a measure's mean over seeds, with the range where there is one."""
    mean, *ends = [rows[f"{name}{end}"] for end in (("", LOW, HIGH) if name in RANGED else ("",))]
    text = f"format(datum.{mean}, '.4~g')"
    if ends:
        low, high = [f"format(datum.{end}, '.4~g')" for end in ends]
        text += f" + (isValid(datum.{ends[0]}) ? ' (' + {low} + ' \N{HORIZONTAL ELLIPSIS} ' + {high} + ')' : '')"
    return {"calculate": f"isValid(datum.{mean}) ? {text} : 'missing'", "as": f"{mean}{SHOWN}"}


def _make_layers(rows: Dataset, first_range: tuple[str, str] | None, has_budgets: bool) -> list[Spec]:
    """Return bands over seeds, lines whose width is the budget, and what the pointer meets.

    Args:
        rows: Rows of the chart.
        first_range: Fields of the lowest and highest seed of the first measure; None without several seeds.
        has_budgets: Whether there are several budgets.
    """
    width: Spec = {"value": LINE_WIDTHS[0]}
    if has_budgets:
        width = {"field": rows["times"], "type": "ordinal", "scale": {"range": LINE_WIDTHS}, "legend": None}
    layers: list[Spec] = [
        {"mark": {"type": "line", "opacity": 0.8}, "encoding": {"strokeWidth": width}},
        {"mark": {"type": "circle", "size": 30, "opacity": 0}},
    ]
    if first_range:
        low, high = first_range
        band: Spec = {"y": {"field": low, "type": "quantitative"}, "y2": {"field": high}, "tooltip": None}
        layers.insert(0, {"mark": {"type": "area", "opacity": 0.15}, "encoding": band})
    return layers


def make_curve_chart(rows: Dataset, rules: Sequence[str], shares_axes: bool) -> Chart | None:
    """Return the chart; None without histories of at least two epochs."""
    names = {title: name for name, title in MEASURES.items() if rows.values(name)}
    if len(rows.values("epoch")) < 2 or not names:
        return None
    measures = {title: (rows[name], title) for title, name in names.items()}
    ranges = [(rows[f"{name}{LOW}"], rows[f"{name}{HIGH}"]) if name in RANGED else ("", "") for name in names.values()]
    has_range, has_budgets = any(rows.values(name) for name in RANGES), len(rows.values("times")) > 1
    return Chart(
        name="learning_curves",
        title="Learning curves",
        alt="Loss or held-out accuracy of each network against the epoch, one panel per family",
        caption=(
            "Measured. Means over seeds after each epoch"
            + ("; bands are from the lowest to the highest seed" if has_range else "")
            + (", and thicker lines have larger budgets" if has_budgets else "")
            + ". Held-out images are a part of the training set. The training loss has the recipe's label smoothing."
        ),
        spec={
            "data": {"name": "curves"},
            "transform": [
                {"filter": is_in("pick_panel", rows["panel"])},
                {"filter": f"datum.{rows['series']} == 'baseline' || {is_in('pick_rule', rows['series'])}"},
                {"filter": is_in("pick_budget", rows["budget"])},
                *(_write_measure(rows, name) for name in names.values()),
            ],
            "facet": panel_facet(rows),
            "spec": {
                "encoding": _encode(rows, rules, list(measures.values())),
                "layer": _make_layers(rows, ranges[0] if has_range else None, has_budgets),
            },
            "resolve": resolve_axes(shares_axes),
        },
        choices=[Choice("y axis", "y", measures, ranges)] if len(measures) > 1 else [],
        panels=rows.values("panel"),
    )
