from collections.abc import Callable
from dataclasses import replace

import pytest

from scaling_lab.records import Result
from scaling_lab.study.plan import Ask, study
from scaling_lab.study.progress import Progress

MakeAsk = Callable[..., Ask]
MakeResult = Callable[..., Result]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_line_tells_what_how_and_when(make_ask: MakeAsk, make_result: MakeResult) -> None:
    planned = study("s", (), [make_ask(seed=seed) for seed in range(5)])
    keys, clock = list(planned.points), Clock()
    progress = Progress(planned, keys, dict.fromkeys(keys, 60.0), workers=2, clock=clock)
    clock.now = 120.0  # twice as slow as forecast: 2 more rounds of 2 points take 240 s
    result = replace(make_result(planned.points[keys[0]]), point_seconds=119.6)
    line = progress.line(keys[0], result)
    assert line.startswith("[1/5] mobilenet_v1_small baseline seed 0: 75.0 % held-out, 120 s; 4 left, done about ")
    assert line.endswith("(in 4 min)")
    assert "FAILED no memory; 3 left, done about" in progress.line(keys[1], "no memory")


def test_the_last_line_says_that_all_is_done(make_ask: MakeAsk, make_result: MakeResult) -> None:
    planned = study("s", (), [make_ask()])
    [(key, point)] = planned.points.items()
    progress = Progress(planned, [key], {}, workers=2)
    assert progress.line(key, make_result(point)).endswith("; all done")


@pytest.mark.parametrize("known", [0, 1])
def test_without_a_forecast_no_time_is_told(make_ask: MakeAsk, make_result: MakeResult, known: int) -> None:
    planned = study("s", (), [make_ask(seed=seed) for seed in range(2)])
    keys = list(planned.points)
    progress = Progress(planned, keys, dict.fromkeys(keys[:known], 1.0), workers=1)
    assert progress.line(keys[0], make_result(planned.points[keys[0]])).endswith("; 1 left")
