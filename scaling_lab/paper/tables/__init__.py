"""Published tables as CSV files, each row with its source. They never hold measured values. Columns: README.md here."""

from importlib.resources import files

import pandas as pd


def published_table_names() -> tuple[str, ...]:
    """Return the names of the tables, sorted."""
    entries = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(entry.removesuffix(".csv") for entry in entries if entry.endswith(".csv")))


def read_published_table(name: str) -> pd.DataFrame:
    """Return one table with numeric columns parsed.

    Columns: `flops_B` in 1e9 multiply-adds, `top1` in percent of ImageNet's validation set. In `figure8` a row with
    clipped = "yes" is where a line leaves the figure, not a published point.

    Raises:
        ValueError: There is no table of this name.
    """
    return _read(name, as_printed=False)


def read_printed_table(name: str) -> pd.DataFrame:
    """Return one table as text with "" for missing cells, which keeps printed digits apart (1.0 and 1).

    Raises:
        ValueError: There is no table of this name.
    """
    return _read(name, as_printed=True)


def read_printed_records(name: str) -> list[dict[str, str]]:
    """Return the rows of `read_printed_table`, each as column to text."""
    records = read_printed_table(name).to_dict("records")
    return [{str(column): str(text) for column, text in record.items()} for record in records]


def _read(name: str, as_printed: bool) -> pd.DataFrame:
    if name not in published_table_names():
        raise ValueError(f"unknown published table {name!r}; available: {', '.join(published_table_names())}")
    with (files(__name__) / f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False) if as_printed else pd.read_csv(file)
