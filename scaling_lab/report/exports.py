"""Tables as files for others: CSV and Parquet with every column, LaTeX with what a paper prints."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from scaling_lab.telling import DOTS, MINUS, points

SETTING = ("dataset", "recipe", "rounding")
WIDE = ["statement", "evidence"]
"""Columns of claims that no page is wide enough for; CSV and Parquet have them."""
SUFFIX = {"csv": "csv", "parquet": "parquet", "latex": "tex"}


def export(tables: Mapping[str, pd.DataFrame], folder: Path, kinds: Sequence[str]) -> Iterator[Path]:
    """Writes each table in each kind of file and yields the paths. `verdicts` is printed as `printed` says.

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
                    latex(printed(rows) if name == "verdicts" else rows.drop(columns=WIDE)), encoding="utf-8"
                )
            yield path


def latex(rows: pd.DataFrame) -> str:
    r"""A table of texts in the style of booktabs (`\usepackage{booktabs}`), everything in it escaped."""
    styled = rows.style.hide(axis="index").format(escape="latex", na_rep="").format_index(escape="latex", axis=1)
    whole = str(styled.to_latex(hrules=True, column_format="l" * len(rows.columns)))
    return whole.replace(DOTS, r"\dots{}").replace(MINUS, "$-$").replace("<", "$<$")


def printed(verdicts: pd.DataFrame) -> pd.DataFrame:
    """The columns of verdicts that a paper prints, as text; missing numbers are empty."""
    ends = zip(verdicts["low"], verdicts["high"], strict=True)
    return pd.DataFrame(
        {
            "family": verdicts["family"],
            "setting": [", ".join(map(str, one)) for one in zip(*(verdicts[name] for name in SETTING), strict=True)],
            "at equal": verdicts["cost"],
            "level": [f"{level:.4g}" for level in verdicts["level"]],
            "first": verdicts["first"],
            "second": verdicts["second"],
            "difference": ["" if pd.isna(value) else points(value / 100) for value in verdicts["difference"]],
            "95 % interval": [_interval(*pair) for pair in ends],
            "p (Holm)": ["" if pd.isna(p) else "< 0.001" if p < 0.001 else f"{p:.2g}" for p in verdicts["p"]],
            "verdict": verdicts["verdict"],
        }
    )


def _interval(low: float, high: float) -> str:
    return "" if pd.isna(low) else f"{points(low / 100)} {DOTS} {points(high / 100)}"
