"""Tables as files for others: CSV and Parquet with every column, LaTeX with what a paper prints."""

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
WIDE = ("statement", "evidence", "why_not", "dataset", "recipe", "rounding", "lr_times", "extrapolated")
"""Columns that no page is wide enough for; CSV and Parquet have them."""
SUFFIX = {"csv": "csv", "parquet": "parquet", "latex": "tex"}


def build_export_tables(table: pd.DataFrame, cost: str) -> tuple[Evidence, dict[str, pd.DataFrame]]:
    """The evidence of a study's table and all that it says: verdicts at equal cost, gains, curves, shares, claims.

    Raises UserError for a cost that is not known.
    """
    found = collect_evidence(table)
    usual = found.at_recipe_lr()
    fitted = fit_curves(usual)
    return found, {
        "verdicts": make_verdict_table(one for each in compare_at_equal_cost(found, cost) for one in each.comparisons),
        "gains": make_gain_table(measure_growth(usual)),
        "curves": make_curve_table(fitted),
        "flops_saved": make_saving_table(measure_savings(fitted)),
        "shares": make_share_table(fit_surfaces(usual)),
        "claims": pd.DataFrame(vars(one) for one in judge_claims(found)),
    }


def export_tables(tables: Mapping[str, pd.DataFrame], folder: Path, kinds: Sequence[str]) -> Iterator[Path]:
    """Writes each table in each kind of file and yields the paths. `verdicts` is printed as `format_verdicts` says.

    Raises OSError.
    """
    for name, rows in tables.items():
        for kind in kinds:
            path = folder / f"{name}.{SUFFIX[kind]}"
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
    r"""A table of texts in the style of booktabs (`\usepackage{booktabs}`), everything in it escaped."""
    styled = rows.style.hide(axis="index").format(escape="latex", na_rep="").format_index(escape="latex", axis=1)
    whole = str(styled.to_latex(hrules=True, column_format="l" * len(rows.columns)))
    return whole.replace(DOTS, r"\dots{}").replace(MINUS, "$-$").replace("<", "$<$")


def drop_wide_columns(rows: pd.DataFrame) -> pd.DataFrame:
    """A table as a page has room for: fewer columns, four digits, missing numbers empty."""
    kept = rows[[name for name in rows.columns if name not in WIDE]]
    return kept.map(lambda value: "" if pd.isna(value) else f"{value:.4g}" if isinstance(value, float) else value)


def format_verdicts(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of verdicts that a paper prints, as text; missing numbers are empty."""
    ends = zip(rows["low"], rows["high"], strict=True)
    return pd.DataFrame(
        {
            "family": rows["family"],
            "setting": [", ".join(map(str, one)) for one in zip(*(rows[name] for name in SETTING), strict=True)],
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
