"""Jobs of Slurm without a Slurm: how they are asked for, and what one does when it runs."""

import pickle
import signal
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from socket import gethostname
from typing import Any

import pytest
from submitit.slurm.slurm import _make_sbatch_string

from scaling_lab import choices
from scaling_lab.engine import job, pool
from scaling_lab.engine.job import TOLD, Batch, Stops
from scaling_lab.engine.slurm import Slurm, refuse_too_many, refuse_without_slurm
from scaling_lab.errors import UserError
from scaling_lab.records import DataRef, Point
from scaling_lab.results import Store
from scaling_lab.running import Running

MakePoint = Callable[[int], Point]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("minutes", 0),
        ("minutes", 1.5),
        ("points_per_job", True),
        ("jobs_at_once", 0),
        ("workers", "2"),
        ("gpus", -1),
        ("cpus_per_worker", 0),
        ("memory_gb", 0),
        ("memory_gb", float("inf")),
        ("signal_seconds", 0),
        ("modules", "cuda"),
        ("modules", [1]),
        ("modules", ["cuda; rm -rf x"]),
        ("modules", ["--help"]),
        ("partition", ""),
        ("account", 5),
        ("qos", "a\nb"),
    ],
)
def test_values_outside_their_range_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(UserError, match=rf"^{name} is "):
        Slurm(**{name: value})


@pytest.mark.parametrize(("count", "each"), [(1, 10), (10, 10), (11, 10), (1000, 7), (5, 1), (0, 3)])
def test_every_point_is_dealt_once_and_no_job_has_too_many(count: int, each: int) -> None:
    dealt = Slurm(points_per_job=each).dealt(count)
    assert sorted(place for places in dealt for place in places) == list(range(count))
    assert all(0 < len(places) <= each for places in dealt)
    assert len(dealt) == -(-count // each)


def test_long_and_short_points_are_mixed() -> None:
    """Of points that come longest first, the jobs' sums are as near as dealing them out makes them."""
    sums = [sum(100 - place for place in places) for places in Slurm(points_per_job=25).dealt(100)]
    assert max(sums) - min(sums) <= 100


def sbatch(workers: int = 1, **settings: Any) -> list[str]:
    """The lines that submitit writes for jobs of so many training processes."""
    asked = Slurm(**settings).parameters("mine", workers)
    return str(_make_sbatch_string(command="python", folder="f", map_count=3, **asked)).splitlines()


def test_sbatch_is_told_what_was_asked() -> None:
    lines = sbatch(2, minutes=30, cpus_per_worker=3, memory_gb=1.5, partition="long", jobs_at_once=2)
    for said in ("time=30", "cpus-per-task=6", "mem=1536MB", "partition=long", "signal=USR2@90", "array=0-2%2"):
        assert f"#SBATCH --{said}" in lines
    assert "#SBATCH --requeue" in lines
    assert "#SBATCH --job-name=mine" in lines
    assert not any("gpus" in line or "account" in line for line in lines)
    lines = sbatch(8, gpus=4, account="physics", qos="low", constraint="a100", modules=["cuda/12.4"])
    for said in ("gpus-per-node=4", "cpus-per-task=8", "account=physics", "qos=low", "constraint=a100", "array=0-2%3"):
        assert f"#SBATCH --{said}" in lines
    assert lines.index("module load cuda/12.4") < next(i for i, line in enumerate(lines) if line.startswith("srun"))


def test_without_slurm_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="engine=slurm needs sbatch, which is not on this machine"):
        refuse_without_slurm()


@pytest.mark.parametrize(
    ("said", "refused"), [("MaxArraySize            = 1001", True), ("nothing of the kind", False)]
)
def test_an_array_that_slurm_would_not_take(
    said: str, refused: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """1,001 jobs are the most, 0 to 1000; where Slurm does not say, it is asked for the jobs."""
    command = tmp_path / "scontrol"
    command.write_text(f"#!/bin/sh\necho '{said}'\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    refuse_too_many(Slurm(points_per_job=2), 2002)
    with pytest.raises(UserError, match="it must be at least 3") if refused else nullcontext():
        refuse_too_many(Slurm(points_per_job=2), 2003)


@pytest.fixture
def batch(make_point: MakePoint, tmp_path: Path) -> Callable[..., Batch]:
    """Points of these seeds on Fashion-MNIST, in one job."""
    source = choices.read("dataset", "fashion_mnist")
    data = DataRef("fashion_mnist", choices.call("dataset", source).fingerprint)
    Store(tmp_path).open_for_writing()

    def make(*seeds: int, **others: Any) -> Batch:
        points = tuple(replace(make_point(seed), data=data) for seed in seeds)
        fields: dict[str, Any] = {
            "points": points,
            "sources": {"fashion_mnist": source},
            "folder": tmp_path,
            "running": Running(),
            "labels": {point.key: f"seed {point.seed}" for point in points},
            "seconds": {},
            "workers": 2,
            "gpus": 0,
            "max_failures": None,
            "grace": 60.0,
        }
        return Batch(**fields | others)

    return make


@pytest.fixture
def trained(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers do not train."""
    import stand_in as module

    assert stand_in
    monkeypatch.setattr(pool, "train", module.train)


@pytest.mark.usefixtures("trained")
def test_a_job_trains_what_is_left(batch: Callable[..., Batch], tmp_path: Path) -> None:
    batch(0)()
    batch(0, 1, 2)()
    assert len(Store(tmp_path).read().results) == 3
    assert (tmp_path / "0.tries").read_text() == "0\n"


def test_a_job_is_small_and_makes_its_data_itself(batch: Callable[..., Batch]) -> None:
    assert len(pickle.dumps(batch(*range(10)))) < 50_000


@pytest.mark.usefixtures("trained")
def test_changed_data_are_a_failure_that_says_so(batch: Callable[..., Batch], tmp_path: Path) -> None:
    one = batch(0, 1)
    other = replace(one.points[0], data=DataRef("fashion_mnist", "0123"))
    replace(one, points=(other, one.points[1]), labels=one.labels | {other.key: "other"})()
    stored = Store(tmp_path).read()
    assert set(stored.results) == {one.points[1].key}
    assert stored.failures[other.key].startswith("the data set fashion_mnist has changed since the plan: ")


@pytest.mark.usefixtures("trained")
def test_a_data_set_that_cannot_be_read_here_is_why_its_points_have_failed(
    batch: Callable[..., Batch], tmp_path: Path
) -> None:
    """And says on which machine."""
    gone = choices.read("dataset", "image_folder") | {"path": str(tmp_path / "nowhere")}
    one = batch(0, 1)
    other = replace(one.points[0], data=DataRef("gone", "0a1b"))
    replace(one, points=(other, one.points[1]), sources=one.sources | {"gone": gone})()
    stored = Store(tmp_path).read()
    assert set(stored.results) == {one.points[1].key}
    assert stored.failures[other.key].startswith(f"on {gethostname()}: dataset gone: ")


def test_another_version_of_the_code_trains_nothing(batch: Callable[..., Batch], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="same_version=true: these points were handed out by version 0a1b, this is"):
        batch(0, running=Running(code="0a1b"))()
    assert not Store(tmp_path).read().results


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize(("number", "requeued"), [(TOLD, True), (signal.SIGTERM, False)])
def test_a_job_that_is_told_to_stop_goes_on_in_another_when_time_is_up(
    number: signal.Signals, requeued: bool, batch: Callable[..., Batch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """submitit's handler, which requeues and ends the process, is called after the workers have stopped."""
    import stand_in

    class Told(job.Lines):
        def look(self, held: Any) -> None:
            super().look(held)
            if list(tmp_path.glob("*.worker")):
                signal.raise_signal(number)

    called = []

    def handler(told: int, _: object) -> None:
        [worker] = tmp_path.glob("*.worker")
        called.append((told, (Path("/proc") / worker.stem).exists()))

    monkeypatch.setattr(job, "Lines", Told)
    before = signal.signal(TOLD, handler)
    try:
        batch(stand_in.SLOW, 0)()
    finally:
        signal.signal(TOLD, before)
    assert called == ([(TOLD, False)] if requeued else [])
    assert not Store(tmp_path).read().failures


def test_a_second_signal_changes_nothing() -> None:
    with Stops() as stops:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(TOLD)
        signal.raise_signal(signal.SIGTERM)
        assert stops.heard == TOLD
