"""Numbers that others published, each row with its source. Never mixed with measured ones. Columns: README.md."""

from importlib.resources import files

import pandas as pd


def names() -> tuple[str, ...]:
    """Return the names of the tables, sorted."""
    entries = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(entry.removesuffix(".csv") for entry in entries if entry.endswith(".csv")))


def read(name: str) -> pd.DataFrame:
    """Return one table; flops_B is in 1e9 multiply-adds, top1 in percent of ImageNet's validation set.

    In `figure8` a row with clipped = "yes" is where a line leaves the figure, not a published point. ValueError if
    there is no such table.
    """
    return _read(name, as_printed=False)


def read_as_printed(name: str) -> pd.DataFrame:
    """Return one table as text, a missing cell as "": 1.0 and 1 are two printed numbers. ValueError as for `read`."""
    return _read(name, as_printed=True)


def _read(name: str, as_printed: bool) -> pd.DataFrame:
    if name not in names():
        raise ValueError(f"no published table {name!r}; there are {', '.join(names())}")
    with (files(__name__) / f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype=str, keep_default_na=False) if as_printed else pd.read_csv(file)
