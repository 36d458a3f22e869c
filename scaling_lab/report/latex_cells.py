"""Cells of LaTeX tables that are made from several columns of an exported table."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from scaling_lab.report.latex import NOTHING, Row, escape_latex, format_number, number_cell

MILLION = 1e-6


def accuracy_cell(row: Row) -> str:
    """Return the mean accuracy with its standard deviation, or why there is none."""
    if pd.isna(row["accuracy"]):
        return escape_latex(str(row["why_not"]))
    spread = "" if pd.isna(row["sd"]) else f" $\\pm$ {row['sd']:.2f}"
    return f"{row['accuracy']:.2f}{spread}"


def _with_shares(rule: str, shares: Any, is_off: Any) -> str:
    """Return a rule with its obtained shares, marked if it is off the requested ones."""
    marked = f"{rule}{'*' if pd.notna(is_off) and is_off else ''}"
    return escape_latex(marked if pd.isna(shares) else f"{marked} ({shares})")


def rule_cell(row: Row) -> str:
    """Return the rule with its obtained shares, or with explicit multipliers."""
    rule = escape_latex(str(row["rule"]))
    if pd.notna(row["times_flops"]):
        return _with_shares(str(row["rule"]), row["shares"], row["off_rule"])
    return f"{rule} ({', '.join(f'{name} {row[name]:g}' for name in ('d', 'w', 'r'))})"


def named_rule_cell(name: str) -> Callable[[Row], str]:
    """Return the function of the cell of the first or second rule."""

    def cell(row: Row) -> str:
        return _with_shares(str(row[name]), row[f"shares_{name}"], row[f"off_{name}"])

    return cell


def p_value_cell(row: Row) -> str:
    """Return an adjusted p value."""
    if pd.isna(row["p"]):
        return NOTHING
    return "$<$ 0.001" if row["p"] < 0.001 else f"{row['p']:.2g}"


def pooled_family_cell(row: Row) -> str:
    """Return the family, or the number of settings of a mean."""
    return f"mean of {row['settings']} settings" if row["row"] == "pooled" else escape_latex(str(row["family"]))


def valid_range_cell(row: Row) -> str:
    """Return the FLOPs between which a curve is valid, in millions."""
    if pd.isna(row["lowest_flops"]):
        return NOTHING
    ends = (format_number(row[name] * MILLION, ".4g") for name in ("lowest_flops", "highest_flops"))
    return " to ".join(ends)


def factor_cell(row: Row) -> str:
    """Return how many times fewer FLOPs a rule needs, with a sign for a lower bound."""
    factor = number_cell("factor", ".2f")(row)
    return f"$\\geq$ {factor}" if pd.notna(row["at_least"]) and row["at_least"] and factor != NOTHING else factor
