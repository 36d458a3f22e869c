from collections.abc import Callable

import pytest

from scaling_lab.records import Result
from scaling_lab.results import Stored
from scaling_lab.study.plan import Ask, study
from scaling_lab.study.show import about, show, show_status
from scaling_lab.study.status import status

MakeAsk = Callable[..., Ask]
MakeResult = Callable[..., Result]


def test_the_plan_has_a_line_a_network_and_the_counts(
    make_ask: MakeAsk, make_result: MakeResult, capsys: pytest.CaptureFixture[str]
) -> None:
    asks = [
        make_ask(rule=rule, times_flops=times, seed=s)
        for rule in ("width", "resolution")
        for times in (1, 2)
        for s in (0, 1)
    ]
    planned = study("s", (), [*asks, asks[0]])
    key, point = next(iter(planned.points.items()))
    show(planned, status(planned.plan, Stored({key: make_result(point)})), workers=2, seconds=130.0)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 3 + 2
    assert lines[1].split()[:2] == ["mobilenet_v1_small", "baseline"]
    assert lines[1].rstrip().endswith("1 done, 1 missing")
    assert lines[2].split()[:3] == ["mobilenet_v1_small", "width", "2x"]
    assert lines[4] == "s: 8 questions (1 asked twice and dropped), 6 points: 1 done, 0 failed, 5 missing"
    assert lines[5] == "5 to train on 2 workers: about 2 min"


def test_the_status_tells_reasons_and_names(make_ask: MakeAsk, capsys: pytest.CaptureFixture[str]) -> None:
    planned = study("s", (), [make_ask(seed=seed) for seed in (0, 1)])
    first, second = planned.points
    show_status(planned, status(planned.plan, Stored({}, {first: "no memory"}, ("cut.json",))))
    assert capsys.readouterr().out.splitlines() == [
        f"failed   {first}  mobilenet_v1_small baseline seed 0: no memory",
        f"missing  {second}  mobilenet_v1_small baseline seed 1",
        "broken   cut.json cannot be read and is left out",
        "s: 2 questions, 2 points: 0 done, 1 failed, 1 missing",
    ]


def test_durations_are_told_in_the_unit_that_fits() -> None:
    assert [about(s) for s in (1.2, 89, 100, 3600, 7200)] == [
        "about 1 s",
        "about 89 s",
        "about 2 min",
        "about 60 min",
        "about 2.0 h",
    ]
