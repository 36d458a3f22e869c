"""Tables as files for others: CSV and Parquet with every column, LaTeX with what a paper prints."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from scaling_lab.telling import DOTS, MINUS, points

SUFFIX = {"csv": "csv", "parquet": "parquet", "latex": "tex"}
PRINTED = {
    "family": "family",
    "level": "level",
    "first": "first",
    "second": "second",
    "difference": "difference",
    "interval": "95 % interval",
    "p": "p (Holm)",
    "verdict": "verdict",
}


def export(tables: Mapping[str, pd.DataFrame], folder: Path, kinds: Sequence[str]) -> Iterator[Path]:
    """Writes each table in each kind of file and yields the paths. Raises OSError."""
    for name, rows in tables.items():
        for kind in kinds:
            path = folder / f"{name}.{SUFFIX[kind]}"
            if kind == "csv":
                rows.to_csv(path, index=False)
            elif kind == "parquet":
                rows.to_parquet(path, index=False)
            else:
                path.write_text(latex(rows), encoding="utf-8")
            yield path


def latex(verdicts: pd.DataFrame) -> str:
    """A table in the style of booktabs (`\\\\usepackage{booktabs}`), names escaped, missing numbers empty."""
    rows = verdicts.assign(interval=[_interval(*ends) for ends in zip(verdicts["low"], verdicts["high"], strict=True)])
    printed = rows[list(PRINTED)].rename(columns=PRINTED)
    digits = {"difference": _points, "p (Holm)": _p, "level": "{:.4g}"}
    styled = (
        printed.style.hide(axis="index").format(digits, escape="latex", na_rep="").format_index(escape="latex", axis=1)
    )
    return str(styled.to_latex(hrules=True, column_format="llllrrrl")).replace(DOTS, r"\dots{}")


def _interval(low: float, high: float) -> str:
    return "" if pd.isna(low) else f"{points(low / 100)} {DOTS} {points(high / 100)}".replace(MINUS, "$-$")


def _points(value: float) -> str:
    return points(value / 100).replace(MINUS, "$-$")


def _p(value: float) -> str:
    return "$<$0.001" if value < 0.001 else f"{value:.2g}"
