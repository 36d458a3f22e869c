"""Agreements of rankings as a table with four rows per two places: all pairs of rules, and those that are told apart at
the first place, at the second, and at both. This file is the reference of its columns."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from scaling_lab.analysis.agreement import Agreement, PairCount
from scaling_lab.analysis.places import Place
from scaling_lab.analysis.setting import SETTING_COLUMNS

PLACE_COLUMNS = {
    "study": "study",
    "family": "name of the baseline network",
    "dataset": "dataset",
    "recipe": "name of the training recipe",
    "rounding": "paper (multiply and round) or fitted (solved for the budget)",
    "lr_times": "factor of the recipe's learning rate",
    "times_flops": "requested budget in times the baseline's FLOPs",
    "epochs": "epochs of the training; empty if unknown",
}
AGREEMENT_COLUMNS = {
    "axis": "what the two places differ in: budget, length, recipe, lr_times, rounding, family, dataset; several "
    "joined by +; study for a repetition",
    **{f"{name}_first": f"{meaning}; of the first place" for name, meaning in PLACE_COLUMNS.items()},
    **{f"{name}_second": "likewise of the second" for name in PLACE_COLUMNS},
    "same_images": "whether both have the same test images",
    "rules": "number of rules in common, each network once",
    "left_out": "rules that only one place has",
    "subset": "all pairs of rules, or those told apart at first, at second, or at both",
    "pairs": "number of these pairs",
    "same": "number of pairs with the same sign at both places",
    "share": "same / pairs, the decision accuracy, 0 to 1",
    "share_low": "lower end of the 95 % interval of the share of pairs with the same sign in truth",
    "share_high": "upper end",
    "expected": "share with the same sign, on average, if the true rankings were the same",
    "p_same": "probability of this share or a smaller one if they were",
    "tau": "Kendall's tau-b of the means; of all pairs",
    "tau_low": "lower end of the 95 % interval of that of the true rankings",
    "tau_high": "upper end",
    "leader_first": "rule with the highest mean at the first place; in the row of all pairs, likewise below",
    "leader_second": "rule with the highest mean at the second",
    "regret": "what the first place's leader lacks, at the second, to the leader there: percentage points of accuracy, "
    "nats of loss",
    "regret_low": "lower end of its 95 % interval",
    "regret_high": "upper end",
}
_TEXTS = ("axis", "left_out", "subset", "leader_first", "leader_second")
_PLACE_TEXTS = ("study", "family", "dataset", "recipe", "rounding")


def make_agreement_table(agreements: Iterable[Agreement]) -> pd.DataFrame:
    """Return a table with four rows per agreement; absent values are missing, never 0."""
    rows = [row for agreement in agreements for row in _make_rows(agreement)]
    types = dict.fromkeys(AGREEMENT_COLUMNS, "Float64") | dict.fromkeys(_TEXTS, "string")
    types |= {f"{name}_{place}": "string" for name in _PLACE_TEXTS for place in ("first", "second")}
    types |= dict.fromkeys(("rules", "pairs", "same", "epochs_first", "epochs_second"), "Int64")
    types["same_images"] = "boolean"
    return pd.DataFrame(rows, columns=list(AGREEMENT_COLUMNS)).astype(types)


def _make_rows(agreement: Agreement) -> list[dict[str, Any]]:
    common = {
        "axis": agreement.axis,
        **_place_values("first", agreement.first),
        **_place_values("second", agreement.second),
        "same_images": agreement.has_same_images,
        "rules": len(agreement.rules),
        "left_out": ", ".join(agreement.left_out) or None,
    }
    counts = {
        "all": agreement.every,
        "told apart at first": agreement.apart_at_first,
        "told apart at second": agreement.apart_at_second,
        "told apart at both": agreement.apart_at_both,
    }
    rows = [{**common, "subset": name, **_count_values(count)} for name, count in counts.items()]
    scale = agreement.first.metric.scale
    ends = {
        **_interval_values("tau", agreement.tau_interval),
        **_interval_values("regret", agreement.regret_interval, scale),
    }
    leaders = {"leader_first": agreement.leaders[0], "leader_second": agreement.leaders[1]}
    rows[0] |= {"tau": agreement.tau, "regret": scale * agreement.regret, **leaders, **ends}
    return rows


def _place_values(which: str, place: Place) -> dict[str, Any]:
    setting = {name: getattr(place.setting, name) for name in SETTING_COLUMNS}
    values = {"study": place.study, **setting, "times_flops": place.times_flops, "epochs": place.epochs}
    return {f"{name}_{which}": value for name, value in values.items()}


def _count_values(count: PairCount) -> dict[str, Any]:
    values = {"pairs": count.pairs, "same": count.same, "share": count.share, "expected": count.expected}
    return {**values, "p_same": count.p_same, **_interval_values("share", count.interval)}


def _interval_values(name: str, interval: tuple[float, float] | None, scale: float = 1.0) -> dict[str, float]:
    if interval is None:
        return {}
    return {f"{name}_low": scale * interval[0], f"{name}_high": scale * interval[1]}
