"""Times of several processors or GPUs are marked."""

from dataclasses import replace

import pandas as pd
import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.analysis.mixture import describe_hardware
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.report.figures.accuracy_costs import AccuracyCosts


@pytest.mark.parametrize(
    ("devices", "processors", "column", "named"),
    [
        (["cpu", "cpu"], ["one", "two"], "latency_seconds", "one; two"),
        (["cpu", "cpu"], ["one", "one"], "latency_seconds", None),
        (["cpu", "cpu"], ["one", "two"], "flops", None),
        (["cuda, H", "cuda, A"], ["one", "one"], "train_seconds", "cuda, A; cuda, H"),
        (["cuda, H", "cuda, H"], ["one", "two"], "train_seconds", None),
    ],
)
def test_what_measured_a_time_is_a_gpu_or_else_the_processor(devices, processors, column, named):
    table = pd.DataFrame({"device": devices, "processor": processors, column: [1.0, 2.0]})
    sentences = describe_hardware(table, column)
    assert len(sentences) == (named is not None)
    assert all(named in sentence for sentence in sentences)


def test_comparisons_at_equal_latency_and_the_figure_say_it(make_study, tmp_path):
    folder = read_results_folder(make_study(["resnet_small"], seeds=range(3)).written(tmp_path / "results"))
    table = folder.table.assign(latency_seconds=0.001, processor=pd.Series(["one", "two"] * 99), device="cpu")
    mixed = replace(folder, table=table)
    for equal in ("flops", "latency"):
        notes = StudyComparison(mixed, folder.verdict_options, equal=equal).notes
        assert any("one; two" in note for note in notes) == (equal == "latency")
    assert "one; two" in AccuracyCosts().caption(table)
