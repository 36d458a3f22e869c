"""The answer of a study in three sentences."""

from dataclasses import replace

import pandas as pd

from scaling_lab.analysis.gains import compare_with_baseline
from scaling_lab.analysis.load import read_results_folder
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.report.headline import describe_training, summarize_study
from scaling_lab.store.imported import UNKNOWN


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


def test_verdicts_of_single_settings_are_counted_where_none_holds_over_settings(make_study, tmp_path):
    gaps = {"resnet_small": 0.1, "mobilenet_v1_small": -0.1}
    made = make_study(
        list(gaps),
        rules=["depth", "width"],
        times=(1, 2),
        seeds=range(3),
        accuracy=lambda entry: (
            0.7 + (entry.question.rule == "width") * gaps[entry.question.family] + 0.001 * entry.question.seed
        ),
    )
    folder = read_results_folder(made.written(tmp_path / "results"))
    study = StudyComparison(folder, folder.verdict_options)
    rules, *_ = summarize_study(study, compare_with_baseline(study.evidence, study.options))
    assert "1 of 1 tested pair" in rules
    assert "2 of 2 pairs" in rules
