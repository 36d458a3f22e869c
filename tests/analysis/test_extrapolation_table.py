"""The table of held-out predictions: a row per form, in points, and missing values where nothing is known."""

import pandas as pd
import pytest

from scaling_lab.analysis.curves.held_out import predict_held_out
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.extrapolation_table import EXTRAPOLATION_COLUMNS, make_extrapolation_table
from scaling_lab.analysis.setting import SETTING_COLUMNS

LAW = {"compound": (0.0, 0.45, 0.25)}


def test_rows_are_the_predictions_in_points(synthetic_curves):
    predictions = predict_held_out(collect_evidence(synthetic_curves(LAW, (1, 2, 4, 8))), 200)
    table = make_extrapolation_table(predictions)
    assert list(table.columns) == [*SETTING_COLUMNS, *EXTRAPOLATION_COLUMNS]
    assert list(table["form"]) == [
        *["line", "power", "combined"] * 2,
        *["line", "power", "offset", "quadratic", "combined"],
    ]
    last = predictions[-1].combined
    row = table.iloc[-1]
    assert (row["fitted"], row["fitted_to"], row["target"], row["steps"]) == (3, 4, 8, 1)
    assert row["miss"] == pytest.approx(row["measured"] - row["predicted"])
    assert (row["low"], row["high"]) == pytest.approx([100 * end for end in last.interval])
    assert row["covered"] == (row["low"] <= 0 <= row["high"])
    assert (row["source"], row["accepted"]) == (last.source, True)
    known = table[["measured", "target_flops"]]
    assert known.notna().all(axis=None)


def test_what_is_unknown_is_missing(synthetic_curves):
    table = make_extrapolation_table(predict_held_out(collect_evidence(synthetic_curves(LAW, (1, 2, 4), seeds=1))))
    assert table[["low", "high", "covered", "fit_p", "off_rule"]].isna().all(axis=None)
    assert table["why_not"].notna().tolist() == [False, False, True]
    assert table["predicted"].isna().tolist() == [False, False, True]
    empty = make_extrapolation_table([])
    pd.testing.assert_series_equal(empty.dtypes, table.dtypes)
