"""Table of gains over the baseline: those that a study measured next to those that papers published."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from scaling_lab.analysis.gains import BudgetGains
from scaling_lab.analysis.text.gains import format_gain, format_rules
from scaling_lab.analysis.text.settings import list_setting_names
from scaling_lab.paper.tables import read_published_table

SCALED = {
    "scale by depth": "depth",
    "scale by width": "width",
    "scale by resolution": "resolution",
    "compound scale": "compound",
}
PAPER = "EfficientNet paper"


def list_gains(budgets: Sequence[BudgetGains], rules: Sequence[str]) -> list[dict[str, Any]]:
    """Return rows by rule, those measured first; none if the study has no rule of the published tables.

    Args:
        budgets: The study's gains over the baseline.
        rules: Names of its rules.
    """
    published = [row for row in _published() if row["rule"] in rules]
    measured = list(_measured(budgets))
    if not measured or not published:
        return []
    order = {rule: place for place, rule in enumerate(rules)}
    return sorted([*measured, *published], key=lambda row: (order.get(row["rule"], len(order)), row["on"]))


def _measured(budgets: Sequence[BudgetGains]) -> Iterator[dict[str, Any]]:
    names = list_setting_names(budget.setting for budget in budgets)
    for budget in budgets:
        for gain in budget.gains:
            yield {
                "rule": gain.rules[0],
                "name": format_rules(gain),
                "on": "measured",
                "network": names[budget.setting],
                "data": budget.setting.dataset,
                "times": f"{gain.times_flops:.2f}",
                "gain": format_gain(gain),
                "value": gain.pair.metric.scale * gain.value,
            }


def _published() -> Iterator[dict[str, Any]]:
    table = read_published_table("table3")
    for base, rows in table.groupby("base_model", sort=False):
        start = rows[rows["row"] == "baseline"].iloc[0]
        for row in rows.to_dict("records"):
            rule = next((rule for name, rule in SCALED.items() if str(row["row"]).startswith(name)), None)
            if rule:
                yield _published_row(rule, str(base), "Table 3", row["flops_B"] / start["flops_B"], row, start["top1"])
    figure = read_published_table("figure8")
    for curve, rows in figure[figure["clipped"] != "yes"].groupby("curve", sort=False):
        in_order = rows.sort_values("point_index")
        start = in_order.iloc[0]
        for row in in_order.iloc[1:].to_dict("records"):
            times = row["flops_B"] / start["flops_B"]
            yield _published_row(str(curve), "EfficientNet-B0", "Figure 8", times, row, start["top1"])


def _published_row(rule: str, network: str, place: str, times: float, row: Any, base: float) -> dict[str, Any]:
    gain = row["top1"] - base
    return {
        "rule": rule,
        "name": rule,
        "on": "published",
        "network": f"{network} ({PAPER}, {place})",
        "data": "ImageNet",
        "times": "" if pd.isna(times) else f"{times:.2f}",
        "gain": f"{gain:.1f}",
        "value": gain,
    }
