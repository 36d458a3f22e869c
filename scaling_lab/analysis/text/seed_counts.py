"""How many seeds the networks of a table have."""

import pandas as pd

NETWORK = ["family", "dataset", "recipe", "rule", "times_flops", "lr_times"]


def format_seed_counts(rows: pd.DataFrame) -> str:
    """Return the number of seeds of each network as `5`, or as `3 to 8` if networks have different numbers.

    Args:
        rows: Finished questions, with the columns `NETWORK` and `seed`.
    """
    counts = rows.groupby(NETWORK, dropna=False)["seed"].nunique()
    if counts.empty:
        return "0"
    low, high = int(counts.min()), int(counts.max())
    return f"{low}" if low == high else f"{low} to {high}"
