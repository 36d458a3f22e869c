"""The cost table: requested and obtained budgets, one row per network, one group per family. Cells are formatted."""

from typing import Any

import pandas as pd

from scaling_lab.analysis.unlearned.at_chance import find_unlearned
from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.points import NETWORK, PANEL
from scaling_lab.report.figures.style import rule_styles

NOTHING = "\N{EN DASH}"
PLUS_MINUS = "\N{PLUS-MINUS SIGN}"


def cost_groups(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Group the networks of a table by family, dataset, recipe and learning rate.

    Returns:
        One dict per group with `name` and `rows`; the baseline is first, then rows by rule and budget.
    """
    rows = table.assign(series=table["rule"].where(table["times_flops"] != 1, "baseline"))
    # A baseline is one network for every rule and rounding; explicit multipliers have one rounding only.
    rows["rounding"] = rows["rounding"].where((rows["series"] != "baseline") & rows["times_flops"].notna(), "")
    several = [name for name in PANEL[1:] if rows[name].nunique() > 1]
    result = []
    for (family, *rest, lr), part in rows.groupby([*PANEL, "lr_times"], sort=False, dropna=False):
        extra = [str(value) for name, value in zip(PANEL[1:], rest, strict=True) if name in several]
        extra += [] if lr == 1 else [f"learning rate {TIMES} {lr:g}"]
        result.append({"name": " · ".join([str(family), *extra]), "rows": _rows(part)})
    return result


def limit_groups(groups: list[dict[str, Any]], most: int) -> tuple[list[dict[str, Any]], int]:
    """Return the groups with at most that many rows in all, and the number of rows that are left out."""
    kept, left = [], most
    for group in groups:
        kept.append(group | {"rows": group["rows"][:left]})
        left -= len(kept[-1]["rows"])
    return [group for group in kept if group["rows"]], sum(len(group["rows"]) for group in groups) - (most - left)


def _rows(part: pd.DataFrame) -> list[dict[str, Any]]:
    order = {"baseline": -1} | {rule: place for place, rule in enumerate(rule_styles(part["rule"]))}
    by = ["series", "rounding", "times_flops", *NETWORK]
    networks = [rows for _, rows in part.groupby(by, sort=False, dropna=False)]
    networks.sort(key=lambda rows: (order[rows["series"].iloc[0]], rows["flops"].iloc[0]))
    mixed = part["rounding"].replace("", pd.NA).nunique() > 1
    return [_row(rows.drop_duplicates(subset=["key"]), mixed) for rows in networks]


def _row(rows: pd.DataFrame, mixed: bool) -> dict[str, Any]:
    """Return the cells of one network and its seeds."""
    first = rows.iloc[0]
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
    } | _measured(rows)


def _measured(rows: pd.DataFrame) -> dict[str, str]:
    done = rows[rows["test_accuracy"].notna() & ~find_unlearned(rows)]
    seeds = str(len(done)) if len(done) == len(rows) else f"{len(done)} of {len(rows)}"
    if done.empty:
        return {"test": NOTHING, "spread": "", "seeds": seeds, "held_out": NOTHING, "seconds": NOTHING}
    test = 100 * done["test_accuracy"].astype(float)
    half = (test.max() - test.min()) / 2
    return {
        "test": f"{test.mean():.1f}",
        "spread": f"{PLUS_MINUS} {half:.1f}" if len(done) > 1 else "",
        "seeds": seeds,
        "held_out": _number(100 * done["held_out_accuracy"].astype(float).mean(), 1),
        "seconds": _number(done["train_seconds"].astype(float).mean(), 0),
    }


def _requested(first: "pd.Series[Any]") -> str:
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
