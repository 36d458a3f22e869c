"""The tables of learning rates: a row per network and rate, a row per slope, missing values where nothing is known."""

import pandas as pd
import pytest

from scaling_lab.analysis.rates.best import find_best_rates
from scaling_lab.analysis.rates.slopes import fit_trends
from scaling_lab.analysis.rates.table import RATE_COLUMNS, SLOPE_COLUMNS, make_rate_table, make_slope_table
from scaling_lab.analysis.setting import SETTING_COLUMNS

HELD_OUT = {0.5: [0.80, 0.81, 0.82], 1.0: [0.85, 0.86, 0.87], 2.0: [0.82, 0.83, 0.84]}


def test_rows_are_the_rates(make_grid):
    (rate,) = rates = find_best_rates([make_grid(HELD_OUT, d_got=1.5)])
    table = make_rate_table(rates)
    assert list(table.columns) == [*SETTING_COLUMNS, *RATE_COLUMNS]
    assert table["lr_times"].tolist() == [0.5, 1.0, 2.0]
    assert table["held_out"].tolist() == pytest.approx([81, 86, 83])
    assert table["is_best"].tolist() == [False, True, False]
    assert table["share"].tolist() == list(rate.shares.values())
    assert set(table["vertex"]) == {rate.vertex}
    assert table["seeds"].tolist() == [3, 3, 3]
    assert table["unlearned"].tolist() == [0, 0, 0]
    assert set(table["d_got"]) == {1.5}
    assert table["edge"].isna().all()


def test_what_is_unknown_is_missing(make_grid):
    rates = find_best_rates([make_grid({1.0: [0.8], 2.0: [0.9]})])
    table = make_rate_table(rates)
    assert table[["share", "vertex", "low", "high", "peak_low", "peak_high"]].isna().all(axis=None)
    assert set(table["edge"]) == {"highest"}
    slopes = make_slope_table(fit_trends(rates))
    assert list(slopes.columns) == [*SETTING_COLUMNS, *SLOPE_COLUMNS]
    assert slopes["slope"].isna().all()
    assert slopes["why_not"].notna().all()
    pd.testing.assert_series_equal(make_rate_table([]).dtypes, table.dtypes)
    pd.testing.assert_series_equal(make_slope_table([]).dtypes, slopes.dtypes)
