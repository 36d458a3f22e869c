"""Pooled pairs: direction, p values, and budgets that are one."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.pooling.pool import pool_comparisons, pool_evidence
from scaling_lab.analysis.pooling.table import POOLED_COLUMNS, make_pooled_table
from scaling_lab.analysis.stats.holm import adjust_p_values
from scaling_lab.analysis.stats.looks import FIRST_SHARE, Look
from scaling_lab.analysis.text.pooled import describe_pooled_pair, summarize_pooled
from scaling_lab.analysis.verdict_options import VerdictOptions
from tests.analysis.pooling.families import FAMILIES, draw, find, pool


@pytest.fixture(scope="module")
def table():
    return pd.concat([draw(family) for family in FAMILIES], ignore_index=True)


def test_every_pair_is_pooled_with_the_higher_mean_first(table):
    (budget,) = pool(table)
    assert (budget.level, len(budget.settings), len(budget.pairs)) == (2, 4, 3)
    pair = find(budget, "bad", "good")
    assert (pair.first, pair.second) == ("good", "bad")
    singles = {
        (comparison.setting, pair.first): pair.estimate.value
        for comparison in compare_rules(collect_evidence(table))
        for pair in comparison.pairs
        if {pair.first, pair.second} == {"good", "bad"}
    }
    values = [difference.value for difference in pair.differences]
    assert values == pytest.approx([value if first == "good" else -value for (_, first), value in singles.items()])
    assert min(values) - 1e-9 <= pair.effect.value <= max(values)
    assert pair.here[0] == pytest.approx(np.mean(values))
    assert pair.here[1] < pair.here[0] < pair.here[2]
    assert pair.effect.count == 4
    for difference in pair.differences:
        low, high = difference.interval
        assert (low + high) / 2 == pytest.approx(difference.value)
    assert pair.is_significant
    assert not find(budget, "bad", "other").is_significant


def test_p_values_are_corrected_for_the_look_and_by_holm(table):
    (budget,) = pool(table, VerdictOptions(delta=0.01))
    pairs = [pair for pair in budget.pairs if pair.effect]
    assert [pair.p for pair in pairs] == pytest.approx(
        adjust_p_values([min(1, pair.effect.p / FIRST_SHARE) for pair in pairs])
    )
    assert [pair.p_alike for pair in pairs] == pytest.approx(
        adjust_p_values([min(1, pair.effect.p_alike(0.01) / FIRST_SHARE) for pair in pairs])
    )


def test_only_planned_pairs_are_tested(table):
    (budget,) = pool(table, VerdictOptions((("bad", "good"),)))
    assert [pair.is_planned for pair in budget.pairs] == [True, False, False]
    planned, *others = budget.pairs
    assert planned.p == pytest.approx(planned.effect.p / FIRST_SHARE)
    assert [(pair.p, pair.effect is None) for pair in others] == [(None, False)] * 2


def test_looks_at_each_study_count_once(table):
    early = [key for key in table["key"] if not key.endswith("-3")]
    evidence = collect_evidence(table, [Look(frozenset(early))])  # a look at three seeds, before the fourth
    second = 0.2 / 2
    one_study = find(pool_evidence(evidence)[0], "bad", "good")
    assert one_study.p == pytest.approx(min(1, 3 * one_study.effect.p / second), rel=1e-6)
    comparisons = compare_rules(evidence)
    (budget,) = pool_comparisons(comparisons, study_of=lambda setting: setting.family in FAMILIES[:2])
    two_studies = find(budget, "bad", "good")
    assert two_studies.p == pytest.approx(min(1, 3 * two_studies.effect.p / (second**2 / FIRST_SHARE)), rel=1e-6)


def test_budgets_within_one_percent_are_one():
    tables = [draw(family, times) for family, times in zip(FAMILIES, (2.0, 2.015, 2.04, 2.0), strict=True)]
    budgets = pool(pd.concat(tables, ignore_index=True))
    assert [(budget.level, len(budget.settings)) for budget in budgets] == [(2.0, 3)]


def test_settings_that_differ_have_a_larger_tau_and_a_prediction():
    tables = [draw(family, gain=gain) for family, gain in zip(FAMILIES, (0.05, -0.05, 0.05, -0.04), strict=True)]
    (budget,) = pool(pd.concat(tables, ignore_index=True))
    pair, steady = find(budget, "bad", "other"), find(budget, "bad", "good")
    assert pair.differ
    assert pair.effect.tau > 0.03 > steady.effect.tau
    assert not pair.is_significant
    low, high = pair.effect.prediction()
    assert low < -0.05
    assert high > 0.05
    assert "tau" in describe_pooled_pair(pair)


def test_the_table_has_a_row_of_the_summary_and_of_each_setting(table):
    budgets = pool(table, VerdictOptions(delta=0.01))
    made = make_pooled_table(budgets)
    assert list(made.columns) == list(POOLED_COLUMNS)
    assert list(made["row"]) == ["pooled", *["setting"] * 4] * 3
    pair = find(budgets[0], "bad", "good")
    rows = made.query("first == 'good' and second == 'bad'")
    summary = rows.iloc[0]
    low, high = pair.effect.interval()
    assert (summary["difference"], summary["low"], summary["high"]) == pytest.approx(
        (100 * pair.effect.value, 100 * low, 100 * high)
    )
    assert (summary["tau"], summary["p"], summary["settings"]) == (100 * pair.effect.tau, pair.p, 4)
    assert (summary["verdict"], summary["delta"]) == ("told apart", 1)
    assert pd.isna(summary["family"])
    assert list(rows["family"].dropna()) == list(FAMILIES)
    assert rows["difference"].iloc[1:].tolist() == pytest.approx(
        [100 * difference.value for difference in pair.differences]
    )


def test_headlines_name_few_pairs(table):
    (budget,) = pool(table)
    sentences = summarize_pooled(budget)
    decided = [pair for pair in budget.pairs if pair.is_significant]
    assert len(sentences) == len(decided) + 1
    many = replace(budget, pairs=tuple(decided * 10))
    assert len(summarize_pooled(many)) == 7
