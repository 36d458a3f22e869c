"""The accuracy of every network of a study: mean, spread and interval over seeds. This file is the reference of its
columns."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.evidence import ARM_COLUMNS, Arm, Evidence
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.tables import make_setting_table
from scaling_lab.analysis.unlearned.kinds import BASELINE, UNLEARNED_KINDS, find_kinds
from scaling_lab.formatting import format_split

ACCURACY_COLUMNS = {
    "rule": "scaling rule; baseline for the unscaled network, which has one row in each setting",
    "times_flops": "requested budget in times the baseline's FLOPs; empty for explicit multipliers",
    "times_flops_got": "obtained FLOPs over the baseline's",
    "d": "requested multiplier of the blocks",
    "w": "requested multiplier of the channels",
    "r": "requested multiplier of the side",
    "shares": "obtained shares of depth/width/resolution, percent; empty for rules without shares",
    "off_rule": "whether a share is more than 10 off the requested one, so that the network is not this rule",
    "flops": "multiply-adds of convolutions and linear layers, one image",
    "params": "trainable parameters",
    "side": "side of the input in pixels",
    "accuracy": "mean test accuracy over seeds, percent",
    "sd": "standard deviation over seeds, percentage points; empty for one seed",
    "low": "lower end of the 95 % interval of the mean, for other seeds and test images; empty below three seeds",
    "high": "upper end",
    "seeds": "number of seeds with a result that learned",
    "requested_seeds": "number of seeds in the plan",
    "at_chance": "seeds whose accuracy is not above chance; not in the mean",
    "collapsed": "seeds far below the others, but above chance; in the mean",
    "diverged": "seeds that failed because the loss was no longer finite",
    "why_not": "reason why there is no accuracy",
}
NO_RESULT, NOT_LEARNED = "no result", "did not learn: accuracy not above chance"
DIVERGED = "diverged: the loss was no longer finite"


def make_accuracy_table(
    table: pd.DataFrame, evidence: Evidence, failures: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return a table with one row per network of each setting and rule, and the columns `ACCURACY_COLUMNS`.

    Args:
        table: one row per question.
        evidence: what `collect_evidence` returns for the table.
        failures: reason of each failed point, by key.
    """
    baselines: dict[Setting, dict[str, Any]] = {}
    rows = []
    planned = table.drop_duplicates(ARM_COLUMNS).to_dict("records")  # in the order of the arms
    kinds = find_kinds(table, failures)
    by_arm = kinds.groupby([table[name] for name in ARM_COLUMNS], sort=False, dropna=False)
    for first, arm, (_, arm_kinds) in zip(planned, evidence.arms, by_arm, strict=True):
        row = _make_row({str(name): value for name, value in first.items()}, arm, arm_kinds.tolist())
        if not is_baseline(first):
            rows.append(row)
        elif arm.setting not in baselines:
            baselines[arm.setting] = row
            rows.append(row | {"rule": BASELINE})
    integers = ("flops", "params", "side", "seeds", "requested_seeds", "at_chance", "collapsed", "diverged")
    text = ("rule", "shares", "why_not")
    return make_setting_table(rows, ACCURACY_COLUMNS, text, booleans=("off_rule",), integers=integers)


def is_baseline(question: Any) -> bool:
    """Return whether a question, a mapping with `times_flops`, `d`, `w` and `r`, is about the unscaled network."""
    if pd.notna(question["times_flops"]):
        return bool(question["times_flops"] == 1)
    return all(question[name] == 1 for name in ("d", "w", "r"))


def _make_row(planned: dict[str, Any], arm: Arm, kinds: list[str]) -> dict[str, Any]:
    names = ("times_flops", "times_flops_got", "d", "w", "r", "flops", "params", "side")
    row = vars(arm.setting) | {"rule": arm.rule} | {name: planned[name] for name in names}
    counts = {kind.replace(" ", "_"): kinds.count(kind) for kind in UNLEARNED_KINDS}
    why_not = NOT_LEARNED if counts["at_chance"] else DIVERGED if counts["diverged"] else NO_RESULT
    measured = {"seeds": 0, "why_not": why_not} if arm.cell is None else _accuracy_values(arm.cell)
    if arm.shares:
        row |= {"shares": format_split(arm.shares.obtained), "off_rule": arm.is_off_rule}
    return row | measured | counts | {"requested_seeds": arm.requested_seeds}


def _accuracy_values(cell: Cell) -> dict[str, Any]:
    estimate = estimate_contrast([(cell, 1.0)])
    low, high = estimate.interval() if estimate else (None, None)
    return {
        "accuracy": 100 * float(cell.accuracy.mean()),
        "sd": 100 * float(cell.accuracy.std(ddof=1)) if len(cell.seeds) > 1 else None,
        "low": None if low is None else max(0.0, 100 * low),
        "high": None if high is None else min(100.0, 100 * high),
        "seeds": len(cell.seeds),
    }
