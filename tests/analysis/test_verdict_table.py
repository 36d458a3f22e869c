"""Verdicts as a table, and as files that others read."""

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.analysis.verdict_table import SEED_COLUMNS, VERDICT_COLUMNS, make_verdict_table
from scaling_lab.report.exports import export_tables
from scaling_lab.report.latex import to_latex
from scaling_lab.report.latex_columns import LATEX_COLUMNS


@pytest.fixture(scope="module")
def synthetic():
    truth = {("a_b", 2.0): 0.92, ("c", 2.0): 0.88, ("d", 2.0): 0.88}
    return make_study_table(truth, 4, 3000, np.random.default_rng(5))


@pytest.fixture(scope="module")
def comparisons(synthetic):
    return compare_rules(collect_evidence(synthetic))


def test_a_row_a_pair_in_points(comparisons):
    rows = make_verdict_table(comparisons)
    assert list(rows.columns) == list(VERDICT_COLUMNS)
    assert list(rows["verdict"]) == ["told apart", "told apart", "not told apart"]
    for row, pair in zip(rows.to_dict("records"), comparisons[0].pairs, strict=True):
        assert (row["low"], row["high"]) == tuple(100 * end for end in pair.estimate.interval())
        assert row["difference"] == pytest.approx((row["low"] + row["high"]) / 2)
    assert rows[["delta", "p_alike", *SEED_COLUMNS]].isna().all(axis=None)


def test_a_delta_adds_verdicts_and_seeds(synthetic):
    rows = make_verdict_table(compare_rules(collect_evidence(synthetic), VerdictOptions(delta=0.02)))
    assert list(rows["verdict"]) == ["told apart", "told apart", "alike"]
    assert list(rows["delta"]) == [2.0] * 3
    assert rows["p_alike"].iloc[2] < 0.05 < rows["p_alike"].iloc[0]
    rows = make_verdict_table(compare_rules(collect_evidence(synthetic), VerdictOptions((("c", "d"),), 0.005)))
    assert list(rows["verdict"]) == ["not planned", "not planned", "undecided"]
    assert rows["p"].notna().tolist() == [False, False, True]
    low, high = rows["apart_seeds_low"].iloc[2], rows["apart_seeds_high"].iloc[2]
    assert 0 < low < high
    assert rows["seconds_per_seed"].iloc[2] > 0


def test_what_is_not_there_is_missing(make_study):
    rows = make_verdict_table(compare_rules(collect_evidence(make_study(["resnet_small"], seeds=[0]).table())))
    assert set(rows["verdict"]) == {"no verdict"}
    assert rows[["low", "high", "p", "welch_low", *SEED_COLUMNS]].isna().all(axis=None)


def test_nothing_compared_has_all_columns():
    assert list(make_verdict_table([]).columns) == list(VERDICT_COLUMNS)


def test_files_hold_the_same_numbers(comparisons, tmp_path):
    rows = make_verdict_table(comparisons)
    paths = export_tables({"verdicts": rows}, tmp_path, ("csv", "parquet", "latex"))
    assert [path.name for path in paths] == ["verdicts.csv", "verdicts.parquet", "verdicts.tex"]
    for read in (pd.read_csv(paths[0]), pd.read_parquet(paths[1])):
        assert np.allclose(read["difference"].astype(float), rows["difference"].astype(float))
        assert list(read["verdict"]) == list(rows["verdict"])


def test_latex_is_booktabs_and_escaped(comparisons):
    text = to_latex(make_verdict_table(comparisons), LATEX_COLUMNS["verdicts"])
    for part in (r"\toprule", r"\midrule", r"\bottomrule", r"a\_b", r"95 \% interval", "$<$ 0.001"):
        assert part in text
    assert "a_b" not in text.replace(r"a\_b", "")
    assert to_latex(make_verdict_table([]), LATEX_COLUMNS["verdicts"]).count("\\\\\n") == 1
