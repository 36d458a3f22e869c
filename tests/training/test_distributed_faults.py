"""One point in several processes: killed processes, stops and memory that runs out."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from scaling_lab.store.results import Store
from scaling_lab.store.schema import Result
from scaling_lab.study.executors import ranks
from scaling_lab.study.executors.node_step import launch_on_nodes
from scaling_lab.study.executors.processes import Interrupted
from scaling_lab.study.executors.rank_process import run_rank
from scaling_lab.study.executors.rank_task import RankTask
from scaling_lab.training import interrupts
from scaling_lab.training.state import Training
from tests.stand_in_srun import use_stand_in
from tests.training.group_task import noise, task


def disturbed(given: RankTask) -> Any:
    """The second process is killed in its third step, and asked to stop in the fifth."""
    step, is_second, restart = Training.step, os.environ["RANK"] == "1", given.restart

    def disturbing(self: Training, *batch: Tensor) -> Tensor:
        if is_second and restart == 0 and self.progress.steps == 2:
            os.kill(os.getpid(), 9)
        if is_second and self.progress.steps == 4:
            interrupts.request_stop()
        return step(self, *batch)

    Training.step = disturbing  # type: ignore[assignment]
    return run_rank(given)


def short_of_memory(given: RankTask) -> Any:
    """The second process has memory for one image."""
    loss = Training._loss

    def limited(self: Training, images: Tensor, targets: Tensor) -> Tensor:
        if len(images) > 1 and os.environ["RANK"] == "1":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return loss(self, images, targets)

    Training._loss = limited  # type: ignore[method-assign]
    return run_rank(given)


def test_memory_that_runs_out_in_one_process_is_answered_in_all(tmp_path: Path) -> None:
    """Slices of 4 images, then micro-batches of 2, then of 1."""
    given = task(tmp_path, 2, noise())
    result = ranks.launch(short_of_memory, given)
    assert isinstance(result, Result)
    assert (result.provenance["at_once"], result.provenance["resumed"]) == (1, 0)
    assert given.micro_batch() == (1, 1)


@pytest.fixture(autouse=True)
def quiet_agent() -> Iterator[None]:
    yield
    interrupts._State.reset()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Result:
    result = ranks.launch(run_rank, task(tmp_path_factory.mktemp("whole"), 2, noise()))
    assert isinstance(result, Result)
    return result


@pytest.mark.parametrize("nodes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_killed_process_and_a_stop_change_no_bit(
    nodes: int, uninterrupted: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stand_in(monkeypatch, tmp_path)
    launch = ranks.launch if nodes == 1 else launch_on_nodes
    given = task(tmp_path / "again", 2, noise(), nodes)
    assert isinstance(launch(disturbed, given), Interrupted)
    assert [path.name.split(".")[1] for path in sorted(Store(given.folder).checkpoints.iterdir())][-1] == "000000005"
    for file in given.work.glob("*.pkl"):
        file.unlink()
    result = launch(run_rank, given)
    assert isinstance(result, Result)
    assert (result.train_loss, result.test_correct) == (uninterrupted.train_loss, uninterrupted.test_correct)
    assert {name: result.provenance[name] for name in ("processes", "at_once", "resumed", "sync_batch_norm")} == {
        "processes": 2,
        "at_once": 4,
        "resumed": 2,
        "sync_batch_norm": False,
    }
    assert given.read_progress()["steps"] in (5, 6)  # the last step may end before its progress is due
    assert Store(given.folder).read_result(given.point.key) == result
