"""The answer of a study in three sentences."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest

from scaling_lab.analysis.gains import compare_with_baseline
from scaling_lab.analysis.load import read_results_folder
from scaling_lab.analysis.pooling.differences import LeftOut
from scaling_lab.analysis.study_comparison import StudyComparison, read_study_comparison
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.report.headline import _describe_unpooled, _summarize_settings, describe_training, summarize_study
from scaling_lab.store.imported import UNKNOWN

ROOT = Path(__file__).resolve().parents[2]


def test_what_an_import_does_not_say_is_called_unknown():
    table = pd.DataFrame({"dataset": ["cifar10", UNKNOWN], "recipe": [UNKNOWN, UNKNOWN]})
    assert describe_training(table) == "cifar10 and an unknown data set under an unknown recipe"
    table = pd.DataFrame({"dataset": ["cifar10"] * 3, "recipe": ["short", UNKNOWN, "long"]})
    assert describe_training(table) == "cifar10 under the recipe short and long and an unknown recipe"


def test_the_largest_difference_is_one_of_the_planned_pairs_and_its_setting_is_named(make_study, tmp_path):
    accuracies = {"depth": 0.80, "compound": 0.85, "width": 0.90}
    made = make_study(
        ["resnet_small"],
        times=(1, 2),
        seeds=range(3),
        accuracy=lambda entry: accuracies.get(entry.question.rule, 0.7) + 0.001 * entry.question.seed,
    )
    folder = read_results_folder(made.written(tmp_path / "results"))
    tables = [
        folder.table.assign(recipe=f"r(epochs={epochs}, warmup=1)", key=folder.table["key"] + str(epochs))
        for epochs in (4, 8)
    ]
    study = StudyComparison(
        replace(folder, table=pd.concat(tables, ignore_index=True)), VerdictOptions((("compound", "depth"),))
    )
    gains = compare_with_baseline(study.evidence, study.options)
    rules, gain, *_ = summarize_study(study, gains)
    assert "2 of 2 planned pairs" in rules
    assert "compound" in rules
    assert "r(epochs=4)" in rules
    assert "r(epochs=4)" in gain


def summarize_rules(made, folder) -> str:
    """Return the first sentence of the answer."""
    results = read_results_folder(made.written(folder))
    study = StudyComparison(results, results.verdict_options)
    return summarize_study(study, compare_with_baseline(study.evidence, study.options))[0]


@pytest.mark.parametrize(
    ("gaps", "parts"),
    [
        ((0.10, -0.10, 0.05), ["width beats depth in 2 of 3 settings, by 5.0 to 10.1 points", "loses in 1"]),
        ((0.10, 0.002), ["width beats depth in 1 of 2 settings, by 10.1 (", "this pair is not"]),
        ((0.002, -0.002), ["1 of 1 tested pair", "0 of 2 pairs"]),
    ],
)
def test_settings_are_counted_where_no_pair_is_told_apart_over_settings(gaps, parts, make_study, tmp_path):
    families = ["resnet_small", "mobilenet_v1_small", "mobilenet_v2_tiny"][: len(gaps)]
    gap = dict(zip(families, gaps, strict=True))

    def accuracy(entry):
        """The seeds of the two rules rank in opposite order, so that a small gap is not significant."""
        is_width, seed = entry.question.rule == "width", entry.question.seed
        return 0.7 + is_width * gap[entry.question.family] + 0.002 * (2 - seed if is_width else seed)

    made = make_study(families, rules=["depth", "width"], times=(1, 2), seeds=range(3), accuracy=accuracy)
    rules = summarize_rules(made, tmp_path / "results")
    for part in parts:
        assert part in rules


def test_settings_that_pooling_leaves_out_are_not_counted():
    study = read_study_comparison(ROOT / "results" / "imagenette")
    (budget,) = study.pooled
    comparisons, setting = study.budget_comparisons, budget.settings[0]
    assert "compound beats depth in 3 of 3 settings" in _summarize_settings(budget, comparisons)
    pairs = [replace(pair, differences=pair.differences[1:]) for pair in budget.pairs]
    fewer = replace(budget, pairs=tuple(pairs))
    assert "compound beats depth in 2 of 2 settings" in _summarize_settings(fewer, comparisons)
    pairs = [replace(pair, p=None) if "depth" in (pair.first, pair.second) else pair for pair in budget.pairs]
    planned = _summarize_settings(replace(budget, pairs=tuple(pairs)), comparisons)
    over_settings, _, single = planned.partition("Over settings")
    assert "depth" not in over_settings
    assert "none of the 2 tested pairs" in single
    assert "3 pairs" in single
    assert "compound over depth by 10.4" in single
    left_out = [replace(pair, left_out=(LeftOut(setting, "few seeds", ()),)) for pair in budget.pairs]
    assert "3 of 3 settings (1 left out)" in _summarize_settings(replace(budget, pairs=tuple(left_out)), comparisons)


def test_further_pairs_are_counted(make_study, tmp_path):
    shifts = {"depth": 0, "width": 0.03, "resolution": 0.06, "compound": 0.09}
    signs = {"resnet_small": 1, "mobilenet_v1_small": -1}
    made = make_study(
        list(signs),
        rules=list(shifts),
        times=(1, 2),
        seeds=range(3),
        accuracy=lambda entry: (
            0.7 + signs[entry.question.family] * shifts[entry.question.rule] + 0.001 * entry.question.seed
        ),
    )
    rules = summarize_rules(made, tmp_path / "results")
    assert rules.count(" beats ") == 3
    tested = len(list(combinations(shifts, 2)))
    assert f"none of the {tested} tested pairs" in rules
    assert f"{tested - 3} more pairs" in rules


def test_a_pair_off_its_rule_is_not_named():
    study = read_study_comparison(ROOT / "results" / "cifar10-baselines")
    first = next(comparison for comparison in study.budget_comparisons if "mobile" in comparison.setting.family)
    assert "compound" in first.off_rule
    assert any(pair.is_significant for pair in first.planned_pairs)
    assert _describe_unpooled([first], set()) == ""
