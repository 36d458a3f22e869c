from pathlib import Path

import pytest
from train_processes import HERE, pool
from train_worker import Job

STAND_IN = Path(__file__).with_name("stand_in.py").relative_to(HERE.parent)
SCRIPT = f"../{STAND_IN}"


def job(threads: int) -> Job:
    return Job("", "cpu", 1, threads)


def test_rates_of_those_that_train_are_added_up() -> None:
    with pool(SCRIPT, job(3), 4) as four:
        four.prepare("good", 4)
        assert [four.rate(0.1, count) for count in (1, 2, 4)] == [3, 6, 12]
        workers = four.workers
    assert [worker.returncode for worker in workers] == [0] * 4


def test_threads_are_those_of_the_job_and_not_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with pool(SCRIPT, job(0), 1) as free, pool(SCRIPT, job(2), 1) as limited:
        assert (free.rate(0.1, 1), limited.rate(0.1, 1)) == (0, 2)


def test_one_that_dies_gives_the_reason_and_gets_no_more_calls() -> None:
    with pool(SCRIPT, job(1), 2) as two:
        two.prepare("bad", 1)
        assert two.failed == "this one is bad"
        assert two.rate(0.1, 2) is None
