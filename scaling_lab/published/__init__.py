"""Numbers that others published, each row with its source. Never mixed with measured ones."""

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
    if name not in names():
        raise ValueError(f"no published table {name!r}; there are {', '.join(names())}")
    with (files(__name__) / f"{name}.csv").open() as file:
        return pd.read_csv(file)
