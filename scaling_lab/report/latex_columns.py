"""The columns that a paper prints of each exported table; CSV and Parquet have all columns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from scaling_lab.formatting import TIMES
from scaling_lab.report.latex import (
    NOTHING,
    Column,
    Row,
    escape_latex,
    format_number,
    interval_cell,
    number_cell,
    text_cell,
)

INTERVAL = "95 % interval"
SHARES_COMMENT = "In brackets: obtained shares of depth/width/resolution in percent; * off the rule's by more than 10."
MILLION = 1e-6


def _accuracy(row: Row) -> str:
    if pd.isna(row["accuracy"]):
        return escape_latex(str(row["why_not"]))
    spread = "" if pd.isna(row["sd"]) else f" $\\pm$ {row['sd']:.2f}"
    return f"{row['accuracy']:.2f}{spread}"


def _with_shares(rule: str, shares: Any, is_off: Any) -> str:
    """Return a rule with its obtained shares, marked if it is off the requested ones."""
    marked = f"{rule}{'*' if pd.notna(is_off) and is_off else ''}"
    return escape_latex(marked if pd.isna(shares) else f"{marked} ({shares})")


def _rule(row: Row) -> str:
    rule = escape_latex(str(row["rule"]))
    if pd.notna(row["times_flops"]):
        return _with_shares(str(row["rule"]), row["shares"], row["off_rule"])
    return f"{rule} ({', '.join(f'{name} {row[name]:g}' for name in ('d', 'w', 'r'))})"


def _named(name: str) -> Callable[[Row], str]:
    """Return the function of the cell of the first or second rule."""

    def cell(row: Row) -> str:
        return _with_shares(str(row[name]), row[f"shares_{name}"], row[f"off_{name}"])

    return cell


def _p_value(row: Row) -> str:
    if pd.isna(row["p"]):
        return NOTHING
    return "$<$ 0.001" if row["p"] < 0.001 else f"{row['p']:.2g}"


def _pooled_family(row: Row) -> str:
    return f"mean of {row['settings']} settings" if row["row"] == "pooled" else escape_latex(str(row["family"]))


def _valid_range(row: Row) -> str:
    if pd.isna(row["lowest_flops"]):
        return NOTHING
    ends = (format_number(row[name] * MILLION, ".4g") for name in ("lowest_flops", "highest_flops"))
    return " to ".join(ends)


def _factor(row: Row) -> str:
    factor = number_cell("factor", ".2f")(row)
    return f"$\\geq$ {factor}" if pd.notna(row["at_least"]) and row["at_least"] and factor != NOTHING else factor


FAMILY = Column("Family", text_cell("family"), "l")
RULE = Column("Rule", text_cell("rule"), "l")
REMARK = Column("Remark", text_cell("why_not"), r"p{0.35\linewidth}", is_optional=True)

LATEX_COLUMNS: Mapping[str, Sequence[Column]] = {
    "accuracy": (
        FAMILY,
        Column("Rule", _rule, "l"),
        Column(f"Budget ({TIMES})", number_cell("times_flops", "g"), is_optional=True),
        Column(f"Obtained ({TIMES})", number_cell("times_flops_got", ".2f")),
        Column("FLOPs (M)", number_cell("flops", ".4g", MILLION)),
        Column("Parameters (M)", number_cell("params", ".4g", MILLION)),
        Column("Side (px)", number_cell("side", "d")),
        Column("Accuracy (%)", _accuracy),
        Column(INTERVAL, interval_cell("low", "high", ".2f"), is_optional=True),
        Column("n", number_cell("seeds", "d")),
    ),
    "verdicts": (
        FAMILY,
        Column("At equal", text_cell("cost"), "l"),
        Column("Level", number_cell("level", ".4g")),
        Column("First", _named("first"), "l"),
        Column("Second", _named("second"), "l"),
        Column("Difference (points)", number_cell("difference", ".2f")),
        Column(INTERVAL, interval_cell("low", "high", ".2f"), is_optional=True),
        Column("p (Holm)", _p_value, is_optional=True),
        Column("Verdict", text_cell("verdict"), "l"),
    ),
    "pooled": (
        Column(f"Budget ({TIMES})", number_cell("level", "g")),
        Column("First", text_cell("first"), "l"),
        Column("Second", text_cell("second"), "l"),
        Column("Family", _pooled_family, "l"),
        Column("Difference (points)", number_cell("difference", ".2f")),
        Column(INTERVAL, interval_cell("low", "high", ".2f"), is_optional=True),
        Column("Tau", number_cell("tau", ".2f"), is_optional=True),
        Column("New setting", interval_cell("predicted_low", "predicted_high", ".2f"), is_optional=True),
        Column("p (Holm)", _p_value, is_optional=True),
        Column("Verdict", text_cell("verdict"), "l"),
        Column("Left out", text_cell("reason"), "l", is_optional=True),
    ),
    "lengths": (
        FAMILY,
        Column(f"Budget ({TIMES})", number_cell("times_flops", "g")),
        Column("First", text_cell("first"), "l"),
        Column("Second", text_cell("second"), "l"),
        Column("Epochs", number_cell("epochs", "d")),
        Column("Difference (points)", number_cell("difference", ".2f")),
        Column(INTERVAL, interval_cell("low", "high", ".2f"), is_optional=True),
        Column("Verdict", text_cell("verdict"), "l"),
        Column("Change (points)", number_cell("change", ".2f"), is_optional=True),
        Column(f"{INTERVAL} of the change", interval_cell("change_low", "change_high", ".2f"), is_optional=True),
        Column("p (Holm)", number_cell("change_p", ".2g"), is_optional=True),
    ),
    "agreement": (
        Column("Axis", text_cell("axis"), "l"),
        Column("Family", text_cell("family_first"), "l"),
        Column("and", text_cell("family_second"), "l"),
        Column(f"Budget ({TIMES})", number_cell("times_flops_first", "g")),
        Column("and", number_cell("times_flops_second", "g")),
        Column("Pairs", text_cell("subset"), "l"),
        Column("n", number_cell("pairs", "d")),
        Column("Same order", number_cell("same", "d")),
        Column(f"{INTERVAL} of the true share", interval_cell("share_low", "share_high", ".2f"), is_optional=True),
        Column("Expected", number_cell("expected", ".2f"), is_optional=True),
        Column("$\\tau$", number_cell("tau", ".2f"), is_optional=True),
    ),
    "baseline_gains": (
        FAMILY,
        Column(f"Budget ({TIMES})", number_cell("times_flops", "g")),
        RULE,
        Column("Same network", text_cell("same_network"), "l", is_optional=True),
        Column(f"Obtained ({TIMES})", number_cell("times_flops_got", ".2f")),
        Column("Gain (points)", number_cell("gain", ".2f")),
        Column(INTERVAL, interval_cell("gain_low", "gain_high", ".2f"), is_optional=True),
        Column("p (Holm)", _p_value, is_optional=True),
        Column("Verdict", text_cell("verdict"), "l"),
        Column("Per doubling (points)", number_cell("per_doubling", ".2f"), is_optional=True),
    ),
    "gains": (
        FAMILY,
        RULE,
        Column(f"From ({TIMES})", number_cell("from_times", "g")),
        Column(f"To ({TIMES})", number_cell("to_times", "g")),
        Column("Gain (points per doubling)", number_cell("gain", ".2f")),
        Column(INTERVAL, interval_cell("gain_low", "gain_high", ".2f"), is_optional=True),
    ),
    "curves": (
        FAMILY,
        RULE,
        Column("a", number_cell("a", ".3g"), is_optional=True),
        Column("b", number_cell("b", ".3g"), is_optional=True),
        Column("c", number_cell("c", ".3g"), is_optional=True),
        Column(f"{INTERVAL} of c", interval_cell("c_low", "c_high", ".2f"), is_optional=True),
        Column("Misfit (p)", number_cell("misfit", ".2g"), is_optional=True),
        Column("Valid FLOPs (M)", _valid_range, is_optional=True),
        REMARK,
    ),
    "flops_saved": (
        FAMILY,
        Column("Reference", text_cell("reference"), "l"),
        RULE,
        Column("Accuracy (%)", number_cell("accuracy", ".2f")),
        Column("FLOPs (M)", number_cell("flops", ".4g", MILLION)),
        Column("Times fewer", _factor),
        Column(INTERVAL, interval_cell("factor_low", "factor_high", ".2f"), is_optional=True),
    ),
    "extrapolation": (
        FAMILY,
        RULE,
        Column("Form", text_cell("form"), "l"),
        Column(f"Fitted to ({TIMES})", number_cell("fitted_to", "g")),
        Column(f"Target ({TIMES})", number_cell("target", "g")),
        Column("Predicted", number_cell("predicted", ".2f"), is_optional=True),
        Column("Measured", number_cell("measured", ".2f")),
        Column("Miss", number_cell("miss", ".2f"), is_optional=True),
        Column(INTERVAL, interval_cell("low", "high", ".2f"), is_optional=True),
        Column("Fit (p)", number_cell("fit_p", ".2g"), is_optional=True),
    ),
    "learning_rates": (
        FAMILY,
        RULE,
        Column(f"Budget ({TIMES})", number_cell("times_flops", "g"), is_optional=True),
        Column(f"Rate ({TIMES})", number_cell("lr_times", "g")),
        Column("Held out (%)", number_cell("held_out", ".2f")),
        Column("Best (% of resamples)", number_cell("share", ".0f", 100), is_optional=True),
        Column(f"Vertex ({TIMES})", number_cell("vertex", ".2f"), is_optional=True),
        Column(INTERVAL, interval_cell("low", "high", ".2f"), is_optional=True),
    ),
    "learning_rate_slopes": (
        FAMILY,
        Column("Along", text_cell("along"), "l"),
        Column("Slope", number_cell("slope", ".2f"), is_optional=True),
        Column(INTERVAL, interval_cell("slope_low", "slope_high", ".2f"), is_optional=True),
        Column("Networks", number_cell("networks", "g")),
        REMARK,
    ),
    "shares": (
        FAMILY,
        Column(f"Budget ({TIMES})", number_cell("times_flops", "g")),
        Column("Surface", text_cell("surface"), "l"),
        RULE,
        Column("Depth (%)", number_cell("depth_share", ".0f", 100), is_optional=True),
        Column("Width (%)", number_cell("width_share", ".0f", 100), is_optional=True),
        Column("Resolution (%)", number_cell("resolution_share", ".0f", 100), is_optional=True),
        Column("Difference (points)", number_cell("difference", ".2f"), is_optional=True),
        Column(INTERVAL, interval_cell("difference_low", "difference_high", ".2f"), is_optional=True),
        REMARK,
    ),
    "claims": (
        Column("Claim", text_cell("claim"), "l"),
        Column("Numbers", text_cell("on"), "l"),
        Column("Where", text_cell("where"), "l"),
        Column("Verdict", text_cell("verdict"), "l"),
        Column("Evidence", text_cell("evidence"), r"p{0.4\linewidth}"),
    ),
}
LATEX_COMMENTS: Mapping[str, Sequence[str]] = {
    "accuracy": (
        "FLOPs are multiply-adds for one image; accuracy is the mean over n seeds with its standard deviation;",
        "the interval is for other seeds and other test images.",
        SHARES_COMMENT,
    ),
    "verdicts": ("Differences are in percentage points; p values are corrected by Holm's method.", SHARES_COMMENT),
    "pooled": ("Mean over settings: random effects (Paule-Mandel, Hartung-Knapp-Sidik-Jonkman).",),
    "lengths": ("Changes are from the shortest training; p values are corrected by Holm's method.",),
    "agreement": ("Expected: share in the same order if the true rankings were the same, because of noise.",),
    "baseline_gains": ("Accuracy less that of the baseline, whose FLOPs (multiply-adds) are smaller by design.",),
    "curves": ("error = a + b FLOPs^-c",),
    "extrapolation": (
        "Accuracies are in percent; a miss is how much better the measured value is, in points (nats of loss).",
    ),
    "learning_rates": ("Rates are in times the recipe's; held out: accuracy on the held-out images.",),
    "learning_rate_slopes": ("Doublings of the best learning rate per doubling of the multiplier.",),
    "flops_saved": ("How many times fewer FLOPs the rule needs for the reference's accuracy.",),
}
