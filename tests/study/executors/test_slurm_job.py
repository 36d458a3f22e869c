"""What a job of Slurm's does with its points, here without one."""

import pickle
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from socket import gethostname
from typing import Any

import pytest

from scaling_lab.config import registry
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.errors import UserError
from scaling_lab.store.results import Store
from scaling_lab.store.schema import DataRef, Point
from scaling_lab.study.executors import pool, slurm_job
from scaling_lab.study.executors.slurm_job import TIME_SIGNAL, Batch, JobSignals

MakePoint = Callable[[int], Point]


@pytest.fixture
def batch(make_point: MakePoint, tmp_path: Path) -> Callable[..., Batch]:
    """Points of these seeds on Fashion-MNIST, in one job."""
    source = registry.read_yaml("dataset", "fashion_mnist")
    data = DataRef("fashion_mnist", registry.build_value("dataset", source).fingerprint)
    Store(tmp_path).open_for_writing()

    def make(*seeds: int, **others: Any) -> Batch:
        points = tuple(replace(make_point(seed), data=data) for seed in seeds)
        fields: dict[str, Any] = {
            "points": points,
            "sources": {"fashion_mnist": source},
            "folder": tmp_path,
            "execution": ExecutionOptions(),
            "labels": {point.key: f"seed {point.seed}" for point in points},
            "seconds": {},
            "workers": 2,
            "gpus": 0,
            "max_failures": None,
            "stop_seconds": 60.0,
        }
        return Batch(**fields | others)

    return make


@pytest.fixture
def trained(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers do not train."""
    import stand_in as module

    assert stand_in
    monkeypatch.setattr(pool, "train_with_lease", module.train)


@pytest.mark.usefixtures("trained")
def test_a_job_trains_what_is_left(batch: Callable[..., Batch], tmp_path: Path) -> None:
    batch(0)()
    batch(0, 1, 2)()
    assert len(Store(tmp_path).read_results().results) == 3
    assert (tmp_path / "0.tries").read_text() == "0\n"


def test_a_job_is_small_and_makes_its_data_itself(batch: Callable[..., Batch]) -> None:
    assert len(pickle.dumps(batch(*range(10)))) < 50_000


@pytest.mark.usefixtures("trained")
def test_changed_data_are_a_failure_that_says_so(batch: Callable[..., Batch], tmp_path: Path) -> None:
    job = batch(0, 1)
    other = replace(job.points[0], data=DataRef("fashion_mnist", "0123"))
    replace(job, points=(other, job.points[1]), labels=job.labels | {other.key: "other"})()
    stored = Store(tmp_path).read_results()
    assert set(stored.results) == {job.points[1].key}
    assert stored.failures[other.key].startswith("dataset fashion_mnist has changed")


@pytest.mark.usefixtures("trained")
def test_a_data_set_that_cannot_be_read_here_is_why_its_points_have_failed(
    batch: Callable[..., Batch], tmp_path: Path
) -> None:
    """And says on which machine."""
    gone = registry.read_yaml("dataset", "image_folder") | {"path": str(tmp_path / "nowhere")}
    job = batch(0, 1)
    other = replace(job.points[0], data=DataRef("gone", "0a1b"))
    replace(job, points=(other, job.points[1]), sources=job.sources | {"gone": gone})()
    stored = Store(tmp_path).read_results()
    assert set(stored.results) == {job.points[1].key}
    assert stored.failures[other.key].startswith(f"on {gethostname()}: dataset gone: ")


def test_another_version_of_the_code_trains_nothing(batch: Callable[..., Batch], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"same_version=true.*version 0a1b"):
        batch(0, execution=ExecutionOptions(code="0a1b"))()
    assert not Store(tmp_path).read_results().results


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(("number", "requeued"), [(TIME_SIGNAL, True), (signal.SIGTERM, False)])
def test_a_job_that_gets_a_stop_signal_goes_on_in_another_when_time_is_up(
    number: signal.Signals, requeued: bool, batch: Callable[..., Batch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """submitit's handler, which requeues and ends the process, is called after the workers have stopped."""
    import stand_in

    class Stopping(slurm_job.LineDisplay):
        def update(self, leases: Any) -> None:
            super().update(leases)
            if list(tmp_path.glob("*.worker")):
                signal.raise_signal(number)

    called = []

    def handler(signum: int, _: object) -> None:
        [worker] = tmp_path.glob("*.worker")
        called.append((signum, (Path("/proc") / worker.stem).exists()))

    monkeypatch.setattr(slurm_job, "LineDisplay", Stopping)
    before = signal.signal(TIME_SIGNAL, handler)
    try:
        batch(stand_in.SLOW, 0)()
    finally:
        signal.signal(TIME_SIGNAL, before)
    assert called == ([(TIME_SIGNAL, False)] if requeued else [])
    assert not Store(tmp_path).read_results().failures


def test_a_second_signal_changes_nothing() -> None:
    with JobSignals() as signals:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(TIME_SIGNAL)
        signal.raise_signal(signal.SIGTERM)
        assert signals.received == TIME_SIGNAL
