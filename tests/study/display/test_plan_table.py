from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.store.bits import pack_bits
from scaling_lab.store.results import Store
from scaling_lab.store.schema import Result
from scaling_lab.study.context import SweepContext
from scaling_lab.study.display.axes import axis_lines
from scaling_lab.study.display.plan_table import format_schedule, show_plan
from scaling_lab.study.plan import Study, plan_study
from scaling_lab.study.resolve_question import QuestionSpec

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
    axes, _, table = capsys.readouterr().out.partition("fashion_mnist: ")
    assert axes.splitlines()[:3] == [
        "rule         2: width, resolution",
        "times_flops  2: 1, 2",
        "seed         2: 0, 1",
    ]
    lines = table.splitlines()[1:]
    assert len(lines) == 1 + 3 + 3
    assert lines[4].endswith(": mobilenet_v1_small baseline seed 0")
    assert "duplicate" in lines[4]
    assert lines[1].split()[:2] == ["mobilenet_v1_small", "baseline"]
    assert lines[1].rstrip().endswith("1 done, 1 missing")
    assert lines[2].split()[:3] == ["mobilenet_v1_small", "width", "2x"]
    assert lines[5].startswith("power: ")
    assert lines[6] == "s: 8 questions, 6 points: 1 done, 0 failed, 5 missing"


def test_rows_of_one_network_with_other_recipes_are_told_apart(
    make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs = []
    for epochs in (2, 4):
        spec = make_spec()
        question = replace(spec.question, recipe=f"short(epochs={epochs})")
        specs.append(replace(spec, question=question, recipe=replace(spec.recipe, epochs=epochs)))
    planned = plan_study("s", ("recipe.epochs=2,4",), specs)
    assert [point.label for point in planned.points.values()] == [
        "mobilenet_v1_small baseline short(epochs=2) seed 0",
        "mobilenet_v1_small baseline short(epochs=4) seed 0",
    ]
    show_plan(opened(planned, tmp_path))
    output = capsys.readouterr().out
    assert output.splitlines()[0] == "recipe  2: short(epochs=2), short(epochs=4)"
    assert output.count("1 missing") == 2


def test_named_axes_have_a_line_and_the_others_share_one(make_spec: MakeSpec) -> None:
    plan = plan_study("s", ("+family.side=20", "seed=range(0,5)"), [make_spec(seed=seed) for seed in range(5)]).plan
    family, seed, others = axis_lines(plan)
    assert family.split() == ["family", "mobilenet_v1_small"]
    assert seed.split() == ["seed", "5:", "0", "to", "4"]
    assert others.endswith(
        ": rule width, rounding fitted, times_flops 1, dataset fashion_mnist, recipe short, lr_times 1"
    )
    multipliers = list(axis_lines(plan_study("s", (), [make_spec(r=1.4), make_spec(r=1.0)]).plan))
    assert [" ".join(line.split()) for line in multipliers[:3]] == [
        "depth (d) 1",
        "width (w) 1",
        "resolution (r) 2: 1, 1.4",
    ]


def test_a_long_list_of_duplicates_is_truncated(
    make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = plan_study("s", (), [make_spec(seed=seed) for seed in range(10)] * 3)
    show_plan(opened(planned, tmp_path))
    assert "baseline seed 7 and 2 more\n" in capsys.readouterr().out


def test_questions_that_were_left_out_are_listed_by_reason(
    make_spec: MakeSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missed = [make_spec(rule="resolution", times_flops=1.1, seed=seed) for seed in range(3)]
    show_plan(opened(plan_study("s", (), [make_spec(), *missed], infeasible="skip"), tmp_path))
    [line] = [line for line in capsys.readouterr().out.splitlines() if "infeasible=skip" in line]
    assert "mobilenet_v1_small resolution 1.1x seed 0 and 2 more questions" in line
    assert "5%" in line


def test_the_forecast_is_one_line() -> None:
    assert format_schedule(5, 2, 130.0) == "5 points to train on 2 workers: about 2 min"
    assert format_schedule(1, 1, None).startswith("1 point to train on 1 worker: ")


def test_the_power_is_that_of_the_spread_of_finished_seeds(
    make_spec: MakeSpec, make_result: MakeResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = ("depth", "width", "compound")
    specs = [make_spec(rule=rule, times_flops=times, seed=s) for rule in rules for times in (1, 2, 4) for s in range(3)]
    planned = plan_study("s", (), [*specs, make_spec(rule="depth", times_flops=4, seed=3)])
    results = []
    for point in planned.points.values():
        correct = 9 + point.point.seed if point.point.seed < 3 else 0
        answers = pack_bits([place < correct for place in range(20)])
        results.append(replace(make_result(point), test_accuracy=correct / 20, test_correct=answers))
    show_plan(opened(planned, tmp_path, *results))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("power: ")]
    assert "spread by 5.00 points" in line
