"""What a worker does with a point, in this process: its claim, its failures, stops, and what it leaves behind."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.hyperparameters import resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.networks.families.mobilenet_v1 import mobilenet_v1_small
from scaling_lab.store.code_version import CODE_DIGEST
from scaling_lab.store.leases import Leases
from scaling_lab.store.results import Store
from scaling_lab.store.schema import DataRef, Point, Result
from scaling_lab.study.executors import worker
from scaling_lab.study.executors.processes import Failure
from scaling_lab.study.executors.worker import LeasedElsewhere
from scaling_lab.training import recorder
from scaling_lab.training import train_point as points
from scaling_lab.training.interrupts import StopRequested, handle_stop_signals
from scaling_lab.training.state import Training

RARELY = ExecutionOptions(checkpoint_minutes=1000)


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """A worker has one, and is not alone here."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path)
    made.open_for_writing()
    return made


@pytest.fixture(scope="module")
def data() -> InMemoryDataset:
    draw = np.random.default_rng(0)
    part = Split(draw.integers(0, 255, (16, 1, 8, 8), dtype=np.uint8), np.arange(16) % 3)
    return InMemoryDataset("noise", 3, part, part, part)


@pytest.fixture(scope="module")
def point(data: InMemoryDataset) -> Point:
    network = replace(mobilenet_v1_small(), side=8, channels=1, classes=3)
    recipe = resolve_hyperparameters(Recipe(epochs=3, batch=8, warmup_epochs=0), network, 16)
    return Point(network, DataRef(data.name, data.fingerprint), recipe, seed=0)


@pytest.fixture
def train(point: Point, data: InMemoryDataset, store: Store) -> Callable[..., worker.WorkerOutcome]:
    """As the engine calls it, signals included."""

    def run(execution: ExecutionOptions = RARELY, known: int = 0) -> worker.WorkerOutcome:
        with handle_stop_signals():
            return worker.train_with_lease("cpu", point, data, store.folder, execution, known)

    return run


def nothing_is_left(store: Store) -> bool:
    return not [*store.leases.iterdir(), *(store.checkpoints.iterdir() if store.checkpoints.exists() else ())]


def same(result: Any, other: Any) -> bool:
    """In every number that is not a time."""
    names = ("key", "held_out_accuracy", "test_correct", "train_loss")
    return all(getattr(result, name) == getattr(other, name) for name in names)


def interrupting(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, at: int = 1) -> None:
    """The process is told to stop at the n-th call."""
    function, calls = getattr(owner, name), list[int]()

    def called(*arguments: Any, **others: Any) -> Any:
        calls.append(1)
        if len(calls) == at:
            os.kill(os.getpid(), signal.SIGTERM)
        return function(*arguments, **others)

    monkeypatch.setattr(owner, name, called)


def test_a_point_is_stored_and_nothing_is_left(train: Callable[..., worker.WorkerOutcome], store: Store) -> None:
    done = train(ExecutionOptions(checkpoint_minutes=0))
    assert isinstance(done, Result)
    assert store.read_results().results == {done.key: done}
    assert nothing_is_left(store)


@pytest.mark.parametrize(
    ("owner", "name", "at"),
    [
        (Training, "step", 2),
        (Training, "step", 6),
        (recorder, "score_predictions", 3),
        (points, "score_predictions", 1),
    ],
    ids=["in the second step", "in the last step", "before held-out pictures", "before test pictures"],
)
def test_a_stop_keeps_what_was_trained(
    owner: Any,
    name: str,
    at: int,
    train: Callable[..., worker.WorkerOutcome],
    store: Store,
    point: Point,
    data: InMemoryDataset,
    tmp_path: Path,
) -> None:
    """With a checkpoint, though none was due; what goes on from there ends in the same bits."""
    with pytest.MonkeyPatch.context() as patch:
        interrupting(patch, owner, name, at)
        with pytest.raises(StopRequested):
            train()
    [checkpoint] = store.checkpoints.iterdir()
    assert int(checkpoint.name.split(".")[1]) == (2 if (name, at) == ("step", 2) else 6)
    assert not list(store.leases.iterdir())
    with pytest.MonkeyPatch.context() as patch:
        steps = list[int]()
        step = Training.step
        patch.setattr(Training, "step", lambda *arguments: (steps.append(1), step(*arguments))[1])
        done = train()
    assert isinstance(done, Result)
    assert len(steps) == (4 if (name, at) == ("step", 2) else 0)
    assert done.provenance["resumed"] == 1
    Store(tmp_path / "alone").open_for_writing()
    assert same(done, worker.train_with_lease("cpu", point, data, tmp_path / "alone", RARELY, 0))


def test_a_second_signal_does_not_disturb_the_way_out(
    train: Callable[..., worker.WorkerOutcome], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scaling_lab.store.leases import Lease

    interrupting(monkeypatch, Training, "step", 2)
    interrupting(monkeypatch, Lease, "release")
    with pytest.raises(StopRequested):
        train()
    assert not list(store.leases.iterdir())


def test_one_that_another_holds_is_left_to_it(
    train: Callable[..., worker.WorkerOutcome], store: Store, point: Point
) -> None:
    claim = Leases(store.leases, 60).acquire(point.key)
    assert claim
    assert train() == LeasedElsewhere()
    claim.release()


def test_a_claim_that_is_lost_ends_the_training(
    train: Callable[..., worker.WorkerOutcome], store: Store, point: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another has made the next number."""
    import time

    step = Training.step

    def slow(*arguments: Any) -> Any:
        (store.leases / f"{point.key}.2").touch()
        time.sleep(0.3)
        return step(*arguments)

    monkeypatch.setattr(Training, "step", slow)
    assert train(ExecutionOptions(checkpoint_minutes=1000, lease_seconds=1)) == LeasedElsewhere()
    assert not store.read_results().results


def test_a_result_that_is_there_is_taken_and_what_its_writer_left_removed(
    train: Callable[..., worker.WorkerOutcome], store: Store, point: Point
) -> None:
    """Killed between writing the result and removing the checkpoints."""
    done = train()
    store.checkpoints.mkdir(exist_ok=True)
    for name in (f"{point.key}.000000006.checkpoint", f".{point.key}.000000006.x.draft"):
        (store.checkpoints / name).touch()
    assert train() == done
    assert nothing_is_left(store)


def test_a_failure_is_written_down_before_the_point_is_given_back(
    train: Callable[..., worker.WorkerOutcome], store: Store, point: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scaling_lab.store.leases import Lease

    def failing(*_: Any) -> None:
        raise FloatingPointError("loss is nan")

    written, release = list[dict[str, str]](), Lease.release
    monkeypatch.setattr(Training, "step", failing)
    monkeypatch.setattr(
        Lease, "release", lambda self: (written.append(store.read_results().failures), release(self))[1]
    )
    outcome = train()
    assert isinstance(outcome, Failure)
    assert outcome.stored
    assert outcome.reason.startswith("FloatingPointError: loss is nan (test_worker.py:")
    assert written == [{point.key: outcome.reason}]
    assert train() == Failure(outcome.reason, stored=True)  # of a sweep that began before, and knows of no failure
    assert store.failure_count(point.key) == 1
    monkeypatch.undo()
    assert isinstance(train(known=1), Result)


def test_one_version_trains_and_takes_up_its_own_checkpoints_alone(
    train: Callable[..., worker.WorkerOutcome], caplog: pytest.LogCaptureFixture
) -> None:
    outcome = train(replace(RARELY, code="0a1b2c3d4e5f"))
    assert isinstance(outcome, Failure)
    assert outcome.reason.startswith("same_version=true: the sweep was started by version 0a1b2c3d4e5f")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scaling_lab.training.resume.CODE_DIGEST", "another")
        interrupting(patch, Training, "step", 2)
        with pytest.raises(StopRequested):
            train()
    done = train(replace(RARELY, code=CODE_DIGEST))
    assert "made by code version another; same_version=true" in caplog.text
    assert isinstance(done, Result)
    assert (done.provenance["code"], done.provenance["resumed"]) == (CODE_DIGEST, 0)
