from collections.abc import Callable
from dataclasses import replace

import pytest

from scaling_lab.store.leases import LeaseState
from scaling_lab.store.schema import Result
from scaling_lab.sweep.display.progress import Progress, how_far
from scaling_lab.sweep.plan import QuestionSpec, Study, plan_study, point_labels

MakeSpec = Callable[..., QuestionSpec]
MakeResult = Callable[..., Result]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def five(make_ask: MakeSpec) -> Study:
    return plan_study("s", (), [make_ask(seed=seed) for seed in range(5)])


@pytest.fixture
def clock() -> Clock:
    return Clock()


def followed(planned: Study, clock: Clock, known: int = 5) -> Progress:
    """Two workers have the first two points; each of the known points is forecast to take a minute."""
    keys = list(planned.points)
    progress = Progress(point_labels(planned), keys, dict.fromkeys(keys[:known], 60.0), workers=2, clock=clock)
    for key in keys[:2]:
        progress.began(key)
    return progress


def held(key: str, alive: bool = True, **progress: float) -> LeaseState:
    return LeaseState(key, 1, 0.0, alive, "far", 12, progress)


def test_a_line_tells_what_how_and_when(five: Study, clock: Clock, make_result: MakeResult) -> None:
    progress, keys = followed(five, clock), list(five.points)
    clock.now = 120.0  # twice as slow as forecast: 2 more rounds of 2 points take 240 s
    result = replace(make_result(five.points[keys[0]]), point_seconds=119.6)
    line = progress.done(keys[0], result)
    assert line.startswith("[1/5] mobilenet_v1_small baseline seed 0: 75.0 % held-out, 120 s; 4 left, done about ")
    assert line.endswith("(in 4 min)")
    assert "FAILED no memory; 3 left, done about" in progress.fails(keys[1], "no memory")
    assert progress.counts().startswith("1 done, 1 failed, 0 running, 3 waiting; done about")


def test_the_last_line_says_that_all_is_done(make_ask: MakeSpec, make_result: MakeResult) -> None:
    planned = plan_study("s", (), [make_ask()])
    [(key, point)] = planned.points.items()
    progress = Progress(point_labels(planned), [key], {}, workers=2)
    progress.began(key)
    assert progress.done(key, make_result(point)).endswith("; all done")
    assert progress.counts() == "1 done, 0 failed, 0 running, 0 waiting"


@pytest.mark.parametrize("known", [0, 1])
def test_without_a_forecast_no_time_is_told(five: Study, clock: Clock, make_result: MakeResult, known: int) -> None:
    progress, key = followed(five, clock, known), next(iter(five.points))
    assert progress.done(key, make_result(five.points[key])).endswith("; 4 left")


def test_a_point_that_is_put_off_waits_again(five: Study, clock: Clock) -> None:
    progress, (first, *_) = followed(five, clock), five.points
    assert progress.waits(first, "killed").endswith("baseline seed 0: killed")
    assert progress.counts().startswith("0 done, 0 failed, 1 running, 4 waiting; ")
    progress.began(first)
    assert progress.counts().startswith("0 done, 0 failed, 2 running, 3 waiting; ")


def test_what_was_trained_elsewhere_corrects_no_forecast(five: Study, clock: Clock, make_result: MakeResult) -> None:
    progress, (*_, last) = followed(five, clock), five.points
    clock.now = 1.0
    line = progress.done(last, make_result(five.points[last]))
    assert ", trained elsewhere; 4 left" in line
    assert (progress.took, progress.expected) == (0, 0)


def test_what_was_taken_up_again_corrects_no_forecast(five: Study, clock: Clock, make_result: MakeResult) -> None:
    progress, (first, *_) = followed(five, clock), five.points
    progress.done(first, replace(make_result(five.points[first]), provenance={"resumed": 1}))
    assert progress.expected == 0


def test_the_rows_are_what_runs_here_and_what_is_waited_for(five: Study, clock: Clock) -> None:
    progress, (first, _second, third, fourth, _) = followed(five, clock), five.points
    claims = [held(first, epoch=2.44, epochs=5.0, accuracy=0.841), held(third), held(fourth, alive=False)]
    progress.look({one.key: one for one in claims})
    assert list(progress.rows()) == [
        ("mobilenet_v1_small baseline seed 0", "epoch 2.4 of 5, 84.1 % of training pictures right"),
        ("mobilenet_v1_small baseline seed 1", "starting"),
        ("mobilenet_v1_small baseline seed 2", "starting, on far by process 12"),
    ]


def test_how_far_a_point_is_tells_when_it_ends(make_ask: MakeSpec, clock: Clock) -> None:
    """A minute's point of which nine tenths are done, after no time here: it was taken up from a checkpoint."""
    planned = plan_study("s", (), [make_ask()])
    [key] = planned.points
    progress = Progress(point_labels(planned), [key], {key: 60.0}, workers=1, clock=clock)
    progress.began(key)
    assert progress.counts().endswith("(in 60 s)")
    progress.look({key: held(key, steps=90, of=100)})
    assert progress.counts().endswith("(in 6 s)")


def test_how_far_before_the_first_step() -> None:
    assert how_far({}) == "starting"
    assert how_far({"epoch": 0.0, "epochs": 5.0}) == "epoch 0.0 of 5"
