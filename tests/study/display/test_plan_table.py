from collections.abc import Callable
from pathlib import Path

import pytest

from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.store.results import Store
from scaling_lab.store.schema import Result
from scaling_lab.study.context import SweepContext
from scaling_lab.study.display.plan_table import format_schedule, show_plan
from scaling_lab.study.plan import QuestionSpec, Study, plan_study

MakeSpec = Callable[..., QuestionSpec]
MakeResult = Callable[..., Result]


def opened(study: Study, folder: Path, *results: Result) -> SweepContext:
    """Return the sweep of a study whose folder has these results."""
    for result in results:
        Store(folder / "s").open_for_writing()
        Store(folder / "s").add_result(result)
    return SweepContext.open(SweepOptions("s", results=folder, reports=folder / "reports"), study)


def test_the_plan_has_a_line_for_each_network_and_the_counts(
    make_spec: MakeSpec, make_result: MakeResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs = [
        make_spec(rule=rule, times_flops=times, seed=s)
        for rule in ("width", "resolution")
        for times in (1, 2)
        for s in (0, 1)
    ]
    planned = plan_study("s", (), [*specs, specs[0]])
    point = next(iter(planned.points.values()))
    show_plan(opened(planned, tmp_path, make_result(point)))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 3 + 2
    assert lines[4].endswith(": mobilenet_v1_small baseline seed 0")
    assert "duplicate" in lines[4]
    assert lines[1].split()[:2] == ["mobilenet_v1_small", "baseline"]
    assert lines[1].rstrip().endswith("1 done, 1 missing")
    assert lines[2].split()[:3] == ["mobilenet_v1_small", "width", "2x"]
    assert lines[5] == "s: 8 questions, 6 points: 1 done, 0 failed, 5 missing"


def test_a_long_list_of_duplicates_is_truncated(
    make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = plan_study("s", (), [make_spec(seed=seed) for seed in range(10)] * 3)
    show_plan(opened(planned, tmp_path))
    assert "baseline seed 7 and 2 more\n" in capsys.readouterr().out


def test_the_forecast_is_one_line() -> None:
    assert format_schedule(5, 2, 130.0) == "5 points to train on 2 workers: about 2 min"
    assert format_schedule(1, 1, None).startswith("1 point to train on 1 worker: ")
