"""Export the tables of a study: CSV and Parquet with all columns, LaTeX with the columns that a paper prints."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from scaling_lab.analysis.curves.fit import fit_curves
from scaling_lab.analysis.curves.growth import measure_growth
from scaling_lab.analysis.curves.savings import measure_savings
from scaling_lab.analysis.equal_cost import compare_at_equal_cost
from scaling_lab.analysis.evidence import Evidence, collect_evidence
from scaling_lab.analysis.shares.surface import fit_surfaces
from scaling_lab.analysis.tables import make_curve_table, make_gain_table, make_saving_table, make_share_table
from scaling_lab.analysis.verdict_table import make_verdict_table
from scaling_lab.formatting import DOTS, MINUS, format_points
from scaling_lab.paper.claims import judge_claims

SETTING = ("dataset", "recipe", "rounding")
LATEX_OMITTED = ("statement", "evidence", "why_not", "dataset", "recipe", "rounding", "lr_times", "extrapolated")
"""Columns left out of LaTeX because a page is too narrow; CSV and Parquet have them."""
SUFFIXES = {"csv": "csv", "parquet": "parquet", "latex": "tex"}


def build_export_tables(table: pd.DataFrame, cost: str) -> tuple[Evidence, dict[str, pd.DataFrame]]:
    """Return the evidence of a study and its tables by name: verdicts, gains, curves, flops_saved, shares, claims.

    Args:
        table: one row per question.
        cost: the cost at which rules are compared, such as `flops` or `params`.

    Raises:
        UserError: the cost is unknown.
    """
    all_evidence = collect_evidence(table)
    usual = all_evidence.at_recipe_lr()
    fitted = fit_curves(usual)
    return all_evidence, {
        "verdicts": make_verdict_table(
            comparison for at_cost in compare_at_equal_cost(all_evidence, cost) for comparison in at_cost.comparisons
        ),
        "gains": make_gain_table(measure_growth(usual)),
        "curves": make_curve_table(fitted),
        "flops_saved": make_saving_table(measure_savings(fitted)),
        "shares": make_share_table(fit_surfaces(usual)),
        "claims": pd.DataFrame(vars(claim) for claim in judge_claims(all_evidence)),
    }


def export_tables(tables: Mapping[str, pd.DataFrame], folder: Path, kinds: Sequence[str]) -> Iterator[Path]:
    """Write each table in each format and yield the paths.

    Args:
        tables: tables by name; `verdicts` goes through `format_verdicts` for LaTeX.
        folder: existing folder to write to.
        kinds: keys of SUFFIXES.

    Raises:
        OSError: a file cannot be written.
    """
    for name, rows in tables.items():
        for kind in kinds:
            path = folder / f"{name}.{SUFFIXES[kind]}"
            if kind == "csv":
                rows.to_csv(path, index=False)
            elif kind == "parquet":
                rows.to_parquet(path, index=False)
            else:
                path.write_text(
                    to_latex(format_verdicts(rows) if name == "verdicts" else drop_wide_columns(rows)), encoding="utf-8"
                )
            yield path


def to_latex(rows: pd.DataFrame) -> str:
    r"""Return a table of strings as LaTeX in booktabs style (`\usepackage{booktabs}`), with every cell escaped."""
    styled = rows.style.hide(axis="index").format(escape="latex", na_rep="").format_index(escape="latex", axis=1)
    text = str(styled.to_latex(hrules=True, column_format="l" * len(rows.columns)))
    return text.replace(DOTS, r"\dots{}").replace(MINUS, "$-$").replace("<", "$<$")


def drop_wide_columns(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a table without the columns in LATEX_OMITTED: numbers with four digits, missing ones empty."""
    columns = rows[[name for name in rows.columns if name not in LATEX_OMITTED]]
    return columns.map(lambda value: "" if pd.isna(value) else f"{value:.4g}" if isinstance(value, float) else value)


def format_verdicts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of verdicts that a paper prints, as strings; missing numbers are empty."""
    ends = zip(rows["low"], rows["high"], strict=True)
    return pd.DataFrame(
        {
            "family": rows["family"],
            "setting": [", ".join(map(str, values)) for values in zip(*(rows[name] for name in SETTING), strict=True)],
            "at equal": rows["cost"],
            "level": [f"{level:.4g}" for level in rows["level"]],
            "first": rows["first"],
            "second": rows["second"],
            "difference": ["" if pd.isna(value) else format_points(value / 100) for value in rows["difference"]],
            "95 % interval": [_interval(*pair) for pair in ends],
            "p (Holm)": ["" if pd.isna(p) else "< 0.001" if p < 0.001 else f"{p:.2g}" for p in rows["p"]],
            "verdict": rows["verdict"],
        }
    )


def _interval(low: float, high: float) -> str:
    return "" if pd.isna(low) else f"{format_points(low / 100)} {DOTS} {format_points(high / 100)}"
