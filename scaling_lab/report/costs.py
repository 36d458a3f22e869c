"""The cost table: requested and obtained budgets, one row per network, one group per family. Cells are formatted."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scaling_lab.analysis.unlearned.at_chance import find_unlearned
from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.points import NETWORK, PANEL
from scaling_lab.report.figures.style import rule_styles

NOTHING = "\N{EN DASH}"
PLUS_MINUS = "\N{PLUS-MINUS SIGN}"
Network = Sequence[Mapping[Hashable, Any]]
"""The points of a network, as rows of the table."""


def cost_groups(table: pd.DataFrame, most: int | None = None) -> tuple[list[dict[str, Any]], int]:
    """Group the networks of a table by family, dataset, recipe and learning rate.

    Args:
        table: One row per question.
        most: Largest number of networks; None for all.

    Returns:
        One dict per group with `name` and `rows`, the baseline first and then rows by rule and budget; and the number
        of networks that are left out.
    """
    rows = table.assign(
        series=table["rule"].where(table["times_flops"] != 1, "baseline"), is_unlearned=find_unlearned(table)
    )
    # A baseline is one network for every rule and rounding; explicit multipliers have one rounding only.
    rows["rounding"] = rows["rounding"].where((rows["series"] != "baseline") & rows["times_flops"].notna(), "")
    several = [name for name in PANEL[1:] if rows[name].nunique() > 1]
    groups, left, left_out = [], len(rows) if most is None else most, 0
    for (family, *rest, lr), part in rows.groupby([*PANEL, "lr_times"], sort=False, dropna=False):
        extra = [str(value) for name, value in zip(PANEL[1:], rest, strict=True) if name in several]
        extra += [] if lr == 1 else [f"learning rate {TIMES} {lr:g}"]
        networks = _list_networks(part)
        shown = networks[:left]
        left, left_out = left - len(shown), left_out + len(networks) - len(shown)
        if shown:
            mixed = part["rounding"].replace("", pd.NA).nunique() > 1
            made = [_row(network, mixed) for network in shown]
            groups.append({"name": " · ".join([str(family), *extra]), "rows": made})
    return groups, left_out


def _list_networks(part: pd.DataFrame) -> list[Network]:
    """Return the questions of each network, those of one point once, by rule and FLOPs."""
    order = {"baseline": -1} | {rule: place for place, rule in enumerate(rule_styles(part["rule"]))}
    by = ["series", "rounding", "times_flops", *NETWORK]
    numbers = part.groupby(by, sort=False, dropna=False).ngroup()
    networks: dict[int, dict[Any, Mapping[Hashable, Any]]] = {}
    for number, question in zip(numbers, part.to_dict("records"), strict=True):
        networks.setdefault(number, {}).setdefault(question["key"], question)
    listed = [list(points.values()) for points in networks.values()]
    return sorted(listed, key=lambda points: (order[points[0]["series"]], points[0]["flops"]))


def _row(points: Network, mixed: bool) -> dict[str, Any]:
    """Return the cells of one network and its seeds."""
    first = points[0]
    rule = f"{first['series']} ({first['rounding']})" if mixed and first["rounding"] else first["series"]
    return {
        "rule": rule,
        "requested": _requested(first),
        "obtained": f"{first['times_flops_got']:.3f}",
        "d": _number(first["d_got"], 2),
        "w": _number(first["w_got"], 2),
        "r": _number(first["r_got"], 2),
        "shares": [_share(first[name]) for name in ("depth_share", "width_share", "resolution_share")],
        "side": _number(first["side"], 0),
        "depths": NOTHING if pd.isna(first["depths"]) else first["depths"],
        "flops": _million(first["flops"], 2),
        "flops_fvcore": _million(first["flops_fvcore"], 2),
        "params": _million(first["params"], 3),
        "activations": _million(first["activations"], 3),
    } | _measured(points)


def _measured(points: Network) -> dict[str, str]:
    done = [point for point in points if pd.notna(point["test_accuracy"]) and not point["is_unlearned"]]
    seeds = str(len(done)) if len(done) == len(points) else f"{len(done)} of {len(points)}"
    if not done:
        return {"test": NOTHING, "spread": "", "seeds": seeds, "held_out": NOTHING, "seconds": NOTHING}
    test = [100 * float(point["test_accuracy"]) for point in done]
    half = (max(test) - min(test)) / 2
    return {
        "test": f"{np.mean(test):.1f}",
        "spread": f"{PLUS_MINUS} {half:.1f}" if len(done) > 1 else "",
        "seeds": seeds,
        "held_out": _number(100 * _mean(done, "held_out_accuracy"), 1),
        "seconds": _number(_mean(done, "train_seconds"), 0),
    }


def _mean(points: Network, name: str) -> float:
    """Return the mean of a column over the points that have it; not a number if none has."""
    values = [float(point[name]) for point in points if pd.notna(point[name])]
    return float(np.mean(values)) if values else float("nan")


def _requested(first: Mapping[Hashable, Any]) -> str:
    if pd.notna(first["times_flops"]):
        return f"{first['times_flops']:g}{TIMES}"
    return " ".join(f"{name} {first[name]:g}" for name in ("d", "w", "r") if pd.notna(first[name]))


def _share(value: float) -> str:
    return NOTHING if pd.isna(value) else f"{100 * value:.0f}"


def _million(value: float, digits: int) -> str:
    return NOTHING if pd.isna(value) else f"{value / 1e6:,.{digits}f}"


def _number(value: float, digits: int) -> str:
    """Return a number; a dash where it is missing, as it can be in imported results."""
    return NOTHING if pd.isna(value) else f"{value:.{digits}f}"
