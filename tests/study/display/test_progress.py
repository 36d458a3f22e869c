from collections.abc import Callable
from dataclasses import replace

import pytest

from scaling_lab.store.leases import LeaseState
from scaling_lab.store.schema import Result
from scaling_lab.study.display.progress import Progress, format_progress
from scaling_lab.study.plan import Study, plan_study
from scaling_lab.study.resolve_question import QuestionSpec

MakeSpec = Callable[..., QuestionSpec]
MakeResult = Callable[..., Result]


def labels(study: Study) -> dict[str, str]:
    return {key: planned.label for key, planned in study.points.items()}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def five(make_spec: MakeSpec) -> Study:
    return plan_study("s", (), [make_spec(seed=seed) for seed in range(5)])


@pytest.fixture
def clock() -> Clock:
    return Clock()


def followed(planned: Study, clock: Clock, known: int = 5) -> Progress:
    """Two workers have the first two points; each of the known points is forecast to take a minute."""
    keys = list(planned.points)
    progress = Progress(labels(planned), keys, dict.fromkeys(keys[:known], 60.0), workers=2, clock=clock)
    for key in keys[:2]:
        progress.point_started(key)
    return progress


def lease_of(key: str, alive: bool = True, **progress: float) -> LeaseState:
    return LeaseState(key, 1, 0.0, alive, "far", 12, progress)


def test_a_result_at_chance_is_reported(five: Study, clock: Clock, make_result: MakeResult) -> None:
    progress, keys = followed(five, clock), list(five.points)
    at_chance = replace(make_result(five.points[keys[0]]), chance=0.4)  # 10 of 20 are correct
    assert " 75.0 % held-out accuracy, did not learn, " in progress.point_finished(keys[0], at_chance)


def test_a_line_has_result_and_end(five: Study, clock: Clock, make_result: MakeResult) -> None:
    progress, keys = followed(five, clock), list(five.points)
    clock.now = 120.0  # twice as slow as forecast: 2 more rounds of 2 points take 240 s
    result = replace(make_result(five.points[keys[0]]), point_seconds=119.6)
    line = progress.point_finished(keys[0], result)
    assert line.startswith("[1/5] mobilenet_v1_small baseline seed 0: 75.0 %")
    assert ", 120 s; 4 remaining, done about " in line
    assert line.endswith("(in 4 min)")
    assert "did not learn" not in line
    assert "FAILED no memory; 3 remaining, done about" in progress.point_failed(keys[1], "no memory")
    assert progress.format_counts().startswith("1 done, 1 failed, 0 running, 3 waiting; done about")


def test_the_last_line_reports_the_end(make_spec: MakeSpec, make_result: MakeResult) -> None:
    planned = plan_study("s", (), [make_spec()])
    [(key, point)] = planned.points.items()
    progress = Progress(labels(planned), [key], {}, workers=2)
    progress.point_started(key)
    assert progress.point_finished(key, make_result(point)).endswith("; all done")
    assert progress.format_counts() == "1 done, 0 failed, 0 running, 0 waiting"


@pytest.mark.parametrize("known", [0, 1])
def test_without_a_forecast_there_is_no_end(five: Study, clock: Clock, make_result: MakeResult, known: int) -> None:
    progress, key = followed(five, clock, known), next(iter(five.points))
    assert progress.point_finished(key, make_result(five.points[key])).endswith("; 4 remaining")


def test_a_deferred_point_waits_again(five: Study, clock: Clock) -> None:
    progress, (first, *_) = followed(five, clock), five.points
    assert progress.point_deferred(first, "killed").endswith("baseline seed 0: killed")
    assert progress.format_counts().startswith("0 done, 0 failed, 1 running, 4 waiting; ")
    progress.point_started(first)
    assert progress.format_counts().startswith("0 done, 0 failed, 2 running, 3 waiting; ")


def test_points_of_other_processes_correct_no_forecast(five: Study, clock: Clock, make_result: MakeResult) -> None:
    progress, (*_, last) = followed(five, clock), five.points
    clock.now = 1.0
    line = progress.point_finished(last, make_result(five.points[last]))
    assert "another process; 4 remaining" in line
    assert (progress.spent, progress.expected) == (0, 0)


def test_resumed_points_correct_no_forecast(five: Study, clock: Clock, make_result: MakeResult) -> None:
    progress, (first, *_) = followed(five, clock), five.points
    progress.point_finished(first, replace(make_result(five.points[first]), provenance={"resumed": 1}))
    assert progress.expected == 0


def test_the_rows_are_running_points_and_those_of_other_processes(five: Study, clock: Clock) -> None:
    progress, (first, _second, third, fourth, _) = followed(five, clock), five.points
    leases = [lease_of(first, epoch=2.44, epochs=5.0, accuracy=0.841), lease_of(third), lease_of(fourth, alive=False)]
    progress.update({lease.key: lease for lease in leases})
    assert list(progress.rows()) == [
        ("mobilenet_v1_small baseline seed 0", "epoch 2.4 of 5, 84.1 % training accuracy"),
        ("mobilenet_v1_small baseline seed 1", "starting"),
        ("mobilenet_v1_small baseline seed 2", "starting, on far in process 12"),
    ]


def test_the_progress_of_a_point_forecasts_its_end(make_spec: MakeSpec, clock: Clock) -> None:
    """A minute's point of which nine tenths are done, after no time here: it was taken up from a checkpoint."""
    planned = plan_study("s", (), [make_spec()])
    [key] = planned.points
    progress = Progress(labels(planned), [key], {key: 60.0}, workers=1, clock=clock)
    progress.point_started(key)
    assert progress.format_counts().endswith("(in 60 s)")
    progress.update({key: lease_of(key, steps=90, of=100)})
    assert progress.format_counts().endswith("(in 6 s)")


def test_the_forecast_of_a_resumed_point_is_of_its_remaining_steps(make_spec: MakeSpec, clock: Clock) -> None:
    planned = plan_study("s", (), [make_spec()])
    [key] = planned.points
    progress = Progress(labels(planned), [key], {key: 6.0}, workers=1, clock=clock, trained_steps={key: 90})
    progress.point_started(key)
    for steps, seconds in ((90, 6), (95, 3), (0, 6), (100, 0)):  # 0: its checkpoint could not be used
        progress.update({key: lease_of(key, steps=steps, of=100)})
        progress.last_forecast = None
        assert progress.format_counts().endswith(f"(in {seconds} s)")


def test_progress_before_the_first_step() -> None:
    assert format_progress({}) == "starting"
    assert format_progress({"epoch": 0.0, "epochs": 5.0}) == "epoch 0.0 of 5"


def test_a_point_whose_steps_are_done_is_tested() -> None:
    assert format_progress({"steps": 100, "of": 100, "epoch": 5.0, "epochs": 5.0}) == "testing"
    assert format_progress({"steps": 99, "of": 100, "epoch": 5.0, "epochs": 5.0}) == "epoch 5.0 of 5"
