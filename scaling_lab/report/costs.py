"""The table of costs: what was asked and what was got, a row a network, a group a family. Cells are ready to read."""

from typing import Any

import pandas as pd

from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.points import NETWORK, PANEL
from scaling_lab.report.figures.style import rule_styles

NOTHING = "\N{EN DASH}"
PLUS_MINUS = "\N{PLUS-MINUS SIGN}"


def cost_groups(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A group a family, data set, recipe and learning rate: name and rows, baseline first, then by rule and budget."""
    rows = table.assign(what=table["rule"].where(table["times_flops"] != 1, "baseline"))
    # A baseline is one network whatever rule and rounding asked for it; explicit multipliers have one rounding only.
    rows["rounding"] = rows["rounding"].where((rows["what"] != "baseline") & rows["times_flops"].notna(), "")
    several = [name for name in PANEL[1:] if rows[name].nunique() > 1]
    found = []
    for (family, *rest, lr), part in rows.groupby([*PANEL, "lr_times"], sort=False, dropna=False):
        extra = [str(value) for name, value in zip(PANEL[1:], rest, strict=True) if name in several]
        extra += [] if lr == 1 else [f"learning rate {TIMES} {lr:g}"]
        found.append({"name": " · ".join([str(family), *extra]), "rows": _rows(part)})
    return found


def _rows(part: pd.DataFrame) -> list[dict[str, Any]]:
    order = {"baseline": -1} | {rule: place for place, rule in enumerate(rule_styles(part["rule"]))}
    by = ["what", "rounding", "times_flops", *NETWORK]
    networks = [rows for _, rows in part.groupby(by, sort=False, dropna=False)]
    networks.sort(key=lambda rows: (order[rows["what"].iloc[0]], rows["flops"].iloc[0]))
    mixed = part["rounding"].replace("", pd.NA).nunique() > 1
    return [_row(rows.drop_duplicates(subset=["key"]), mixed) for rows in networks]


def _row(rows: pd.DataFrame, mixed: bool) -> dict[str, Any]:
    """One network and its seeds."""
    one = rows.iloc[0]
    rule = f"{one['what']} ({one['rounding']})" if mixed and one["rounding"] else one["what"]
    return {
        "rule": rule,
        "asked": _asked(one),
        "got": f"{one['times_flops_got']:.3f}",
        "d": f"{one['d_got']:.2f}",
        "w": f"{one['w_got']:.2f}",
        "r": f"{one['r_got']:.2f}",
        "shares": [_share(one[name]) for name in ("depth_share", "width_share", "resolution_share")],
        "side": str(one["side"]),
        "depths": one["depths"],
        "flops": _million(one["flops"], 2),
        "flops_fvcore": _million(one["flops_fvcore"], 2),
        "params": _million(one["params"], 3),
        "activations": _million(one["activations"], 3),
    } | _measured(rows)


def _measured(rows: pd.DataFrame) -> dict[str, str]:
    done = rows[rows["test_accuracy"].notna()]
    seeds = str(len(done)) if len(done) == len(rows) else f"{len(done)} of {len(rows)}"
    if done.empty:
        return {"test": NOTHING, "spread": "", "seeds": seeds, "held_out": NOTHING, "seconds": NOTHING}
    test = 100 * done["test_accuracy"].astype(float)
    half = (test.max() - test.min()) / 2
    return {
        "test": f"{test.mean():.1f}",
        "spread": f"{PLUS_MINUS} {half:.1f}" if len(done) > 1 else "",
        "seeds": seeds,
        "held_out": f"{100 * done['held_out_accuracy'].astype(float).mean():.1f}",
        "seconds": f"{done['train_seconds'].astype(float).mean():.0f}",
    }


def _asked(one: "pd.Series[Any]") -> str:
    if pd.notna(one["times_flops"]):
        return f"{one['times_flops']:g}{TIMES}"
    return " ".join(f"{name} {one[name]:g}" for name in ("d", "w", "r") if pd.notna(one[name]))


def _share(value: float) -> str:
    return NOTHING if pd.isna(value) else f"{100 * value:.0f}"


def _million(value: int, digits: int) -> str:
    return f"{value / 1e6:,.{digits}f}"
