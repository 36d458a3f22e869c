"""Parts of the interactive charts that need no browser."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from scaling_lab.analysis.accuracy_table import make_accuracy_table
from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.load import read_results_folder
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.report.charts import MAIN, make_charts
from scaling_lab.report.charts.chart import SHAPES, color_scale
from scaling_lab.report.charts.dataset import Dataset
from scaling_lab.report.charts.differences import make_difference_chart, make_difference_rows
from scaling_lab.report.charts.learning_curves import make_curve_chart, make_curve_rows
from scaling_lab.report.charts.network_rows import PanelNames
from scaling_lab.report.figures.style import FAMILIES, OTHER_RULES, RULES
from scaling_lab.report.histories import MEASURES


def test_every_marker_has_a_shape_of_its_own():
    markers = {*(style.marker for style in RULES.values()), *(marker for _, marker in (*OTHER_RULES, *FAMILIES))}
    assert markers <= set(SHAPES)
    assert len(set(SHAPES.values())) == len(SHAPES)
    paths = [shape for shape in SHAPES.values() if shape.startswith("M")]
    assert all(abs(float(number)) <= 1 for path in paths for number in re.findall(r"-?\d*\.?\d+", path))


def test_a_rule_has_the_same_colour_and_shape_whichever_others_there_are():
    alone, together = (color_scale(rules) for rules in (["depth_width"], [*RULES, "mine"]))
    for scale, all_of_them in zip(alone, together, strict=True):
        assert scale["range"][1] == dict(zip(all_of_them["domain"], all_of_them["range"], strict=True))["depth_width"]


@pytest.mark.parametrize(("by", "expected"), [(None, ["4x", "1x", "d 2", "2x"]), ("times", ["1x", "2x", "4x", "d 2"])])
def test_values_are_sorted_by_a_column(by, expected):
    rows = [{"budget": "4x", "times": 4}, {"budget": "1x", "times": 1}, {"budget": "d 2"}, {"budget": "2x", "times": 2}]
    assert Dataset(("budget", "times"), [*rows, {"times": 3}]).values("budget", by=by) == expected


def test_panels_of_differences_are_those_of_the_other_charts(make_study):
    """So that choosing networks works: with a learning rate at which only one rule was trained, too."""
    table = make_study(["resnet_small"], seeds=range(3)).table()
    other = table[table["rule"] == "depth"].assign(lr_times=0.5)
    both = pd.concat([table, other], ignore_index=True)
    comparisons = compare_rules(collect_evidence(both))
    rows = make_difference_rows(comparisons, PanelNames(both))
    assert set(rows.values("panel")) <= {PanelNames(both).name(row) for row in both.to_dict("records")}
    assert any("learning rate" in panel for panel in rows.values("panel"))
    chart = make_difference_chart(rows, comparisons)
    assert chart
    lines = [line for label in rows.values("label") for line in label.split("\n")]
    assert len(lines) == 2 * len(rows.values("label"))
    assert chart.to_json()["longest"] == max(map(len, lines))


@pytest.mark.parametrize(
    ("column", "values", "scale"),
    [("lr_times", [0.5, 1.0], "shared"), ("family", ["a", "b"], "independent"), ("dataset", ["a", "b"], "independent")],
)
def test_panels_of_the_same_networks_and_images_share_their_axes(make_study, tmp_path, column, values, scale):
    folder = read_results_folder(make_study(["resnet_small"], seeds=range(3)).written(tmp_path / "results"))
    table = pd.concat([folder.table.assign(**{column: value}) for value in values], ignore_index=True)
    study = StudyComparison(replace(folder, table=table), folder.verdict_options)
    histories = {key: {name: [2.0, 1.0] for name in MEASURES} for key in table["key"]}
    charts = make_charts(study, make_accuracy_table(table, study.evidence), histories, with_points=True).charts
    assert len(charts[MAIN].panels) == 2
    for name in (MAIN, "learning_curves"):
        assert charts[name].to_json()["spec"]["resolve"]["scale"] == {"x": scale, "y": scale}


def test_requested_budgets_are_in_numeric_order(make_study, tmp_path):
    """In whatever order a plan has them: a second grid may add a lower one."""
    folder = read_results_folder(make_study(["resnet_small"], times=(1, 4, 2)).written(tmp_path / "results"))
    study = StudyComparison(folder, folder.verdict_options)
    assert [comparison.level for comparison in study.budget_comparisons] == [2, 4]
    charts = make_charts(study, make_accuracy_table(folder.table, study.evidence), {}, with_points=True)
    marks = charts.charts["obtained"].spec["layer"][-1]
    assert marks["encoding"]["x"]["sort"] == [f"{times}\N{MULTIPLICATION SIGN}" for times in (1, 2, 4)]


def test_learning_curves_have_the_range_over_seeds_and_budgets_of_their_own_width():
    table = pd.DataFrame(
        {"family": "a", "dataset": "d", "recipe": "r", "rounding": "fitted", "lr_times": 1.0, "rule": "depth"}
        | {"times_flops": [2.0, 2.0, 4.0], "d": 1.0, "w": 1.0, "r": 1.0, "key": ["one", "two", "three"]}
    )
    losses = {"one": [3.0, 1.0], "two": [2.0, 1.5], "three": [2.5, 0.5]}
    histories = {key: {**dict.fromkeys(MEASURES, ()), "train_loss": values} for key, values in losses.items()}
    rows = make_curve_rows(table, histories)
    fields = list(rows.to_json()["fields"])
    ends = [fields.index(rows[name]) for name in ("train_loss_low", "train_loss", "train_loss_high")]
    assert [tuple(row[place] for place in ends) for row in rows.rows] == [
        (2.0, 2.5, 3.0),
        (1.0, 1.25, 1.5),
        (None, 2.5, None),
        (None, 0.5, None),
    ]
    band, line, _ = make_curve_chart(rows, ["depth"], shares_axes=True).spec["spec"]["layer"]
    assert band["encoding"]["y"]["field"] == rows["train_loss_low"]
    assert line["encoding"]["strokeWidth"]["field"] == rows["times"]


def test_latencies_of_several_processors_are_marked(make_study, tmp_path):
    folder = read_results_folder(make_study(["resnet_small"], seeds=range(3)).written(tmp_path / "results"))
    for processors in (["one"], ["one", "two"]):
        table = folder.table.assign(device="cpu", latency_seconds=0.001, processor=pd.Series(processors * 99))
        study = StudyComparison(replace(folder, table=table), folder.verdict_options)
        charts = make_charts(study, make_accuracy_table(table, study.evidence), {}, with_points=True).charts
        assert ("2 processors (one; two)" in charts[MAIN].caption) == (len(processors) == 2)
