"""The number of seeds of the networks of a table."""

import pandas as pd

from scaling_lab.analysis.text.seed_counts import NETWORK, format_seed_counts


def rows_of(seeds: dict[str, int]) -> pd.DataFrame:
    """Return a row per rule and seed; the budget of one rule is missing, as with explicit multipliers."""
    values = {"family": "a", "dataset": "d", "recipe": "r", "lr_times": 1.0}
    rows = [
        values | {"rule": rule, "times_flops": None if rule == "grid" else 2.0, "seed": seed}
        for rule, count in seeds.items()
        for seed in range(count)
    ]
    return pd.DataFrame(rows, columns=[*NETWORK, "seed"])


def test_the_number_is_that_of_each_network():
    assert format_seed_counts(rows_of({"width": 3, "grid": 3})) == "3"
    assert format_seed_counts(rows_of({"width": 8, "depth": 3})) == "3 to 8"
    assert format_seed_counts(rows_of({"width": 3, "grid": 5})) == "3 to 5"
    assert format_seed_counts(rows_of({})) == "0"
