"""Gains, curves, FLOPs saved and shares as tables: the numbers of the objects, and nothing where there is none."""

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.curves.fit import fit_curves
from scaling_lab.analysis.curves.growth import measure_growth
from scaling_lab.analysis.curves.savings import measure_savings
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.shares.fit_surfaces import fit_surfaces
from scaling_lab.analysis.tables import (
    CURVE_COLUMNS,
    GAIN_COLUMNS,
    SAVING_COLUMNS,
    SHARE_COLUMNS,
    make_curve_table,
    make_gain_table,
    make_saving_table,
    make_share_table,
)

LAWS = {"a": (0.05, 0.15, 0.6), "b": (0.05, 0.15, 0.3)}


def test_gains_are_points_a_doubling(synthetic_curves):
    growths = measure_growth(collect_evidence(synthetic_curves(LAWS)))
    rows = make_gain_table(growths)
    assert list(rows["from_times"]) == [1, 2, 4, 8] * 2
    for row, gain in zip(rows.to_dict("records"), [gain for growth in growths for gain in growth.gains], strict=True):
        assert (row["gain_low"], row["gain_high"]) == tuple(100 * end for end in gain.estimate.interval())
        assert row["gain"] == pytest.approx(100 * (gain.stop.accuracy - gain.start.accuracy))


def test_curves_and_what_they_save(synthetic_curves):
    fitted = fit_curves(collect_evidence(synthetic_curves(LAWS, pictures=4000)), 200)
    rows = make_curve_table(fitted).set_index("rule")
    for rule, curve in zip(LAWS, fitted, strict=True):
        assert rows.loc[rule, "c"] == curve.c
        assert rows.loc[rule, "c_low"] < curve.c < rows.loc[rule, "c_high"]
        assert rows.loc[rule, "highest_flops"] == 32e6
    assert rows["why_not"].isna().all()
    (saved,) = make_saving_table(measure_savings(fitted)).to_dict("records")
    assert (saved["reference"], saved["rule"], saved["flops"]) == ("b", "a", 16e6)
    assert saved["factor_low"] < saved["factor"] == pytest.approx(4, rel=0.25)  # 16^0.3 = 4^0.6
    assert saved["accuracy"] == pytest.approx(100 * (0.95 - 0.15 * 16**-0.3), abs=1)


def test_shares_of_a_surface_and_of_none(synthetic_shares, ten_shares):
    best = (0.2, 0.4, 0.4)
    (surface,) = fit_surfaces(collect_evidence(synthetic_shares(best)), 200)
    rows = make_share_table([surface])
    assert set(rows["surface"]) == {"quadratic"}
    assert rows.loc[0, "rule"] == "best"
    assert np.allclose(rows[["depth_share", "width_share", "resolution_share"]].astype(float).sum(axis=1), 1)
    assert (rows["difference"].dropna() <= 1e-9).all()
    (none,) = fit_surfaces(collect_evidence(synthetic_shares(best, shares=ten_shares[:5])), 200)
    (row,) = make_share_table([none]).to_dict("records")
    assert row["surface"] == "none"
    assert "only 5 networks" in row["why_not"]
    assert pd.isna(row["difference"])


def test_what_is_not_there_is_missing(quick):
    evidence = collect_evidence(quick.table())
    rows = make_curve_table(fit_curves(evidence))
    assert rows[["a", "b", "c", "c_low", "misfit"]].isna().all(axis=None)
    assert rows["why_not"].str.contains("a curve needs 4").all()
    assert make_gain_table(measure_growth(evidence))["gain_low"].isna().all()
    for made, columns in (
        (make_gain_table([]), GAIN_COLUMNS),
        (make_curve_table([]), CURVE_COLUMNS),
        (make_saving_table([]), SAVING_COLUMNS),
        (make_share_table([]), SHARE_COLUMNS),
    ):
        assert list(made.columns)[5:] == list(columns)
