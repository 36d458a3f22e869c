"""One point in two and three real processes, and on two nodes: the numbers of one, exact evaluation and resuming."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.hyperparameters import Hyperparameters, resolve_hyperparameters, with_regularization
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.batches import InMemoryBatches, split_into_batches
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.data.normalization import FixedNormalizer
from scaling_lab.networks.families.mobilenet_v1 import mobilenet_v1_small
from scaling_lab.store.results import Store
from scaling_lab.store.schema import DataRef, Point, Result
from scaling_lab.study.executors import ranks
from scaling_lab.study.executors.node_step import launch_on_nodes
from scaling_lab.study.executors.processes import Interrupted
from scaling_lab.study.executors.rank_process import run_rank
from scaling_lab.study.executors.rank_task import RankTask
from scaling_lab.training import interrupts
from scaling_lab.training.distributed import ALONE, ProcessGroup, join_group, process_seed
from scaling_lab.training.evaluate.accuracy import Scores, score_predictions
from scaling_lab.training.loop import train
from scaling_lab.training.module import build_module
from scaling_lab.training.precision import StepOptions
from scaling_lab.training.state import Training
from tests.stand_in_srun import use_stand_in

NETWORK = replace(mobilenet_v1_small(), side=8, channels=1, classes=7)
RECIPE = Recipe(epochs=2, batch=8, lr=0.05, ema=0.9, mixup=0.4, cutmix=0.5, erase=0.3)
NORMALIZER = FixedNormalizer(7, (0.5,), (0.25,))
PICTURES = 1999


def recipe(**changes: Any) -> Hyperparameters:
    return resolve_hyperparameters(replace(RECIPE, **changes), NETWORK, 25)


def batches() -> InMemoryBatches:
    draw = torch.Generator().manual_seed(0)
    images = torch.randint(256, (25, 1, 8, 8), dtype=torch.uint8, generator=draw)
    return InMemoryBatches(images, torch.randint(7, (25,), generator=draw), 8)


def plain_module() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(384, 7)).to(
        memory_format=torch.channels_last
    )


def started(module: nn.Module, by: Hyperparameters, group: ProcessGroup, micro: int | None = None) -> Training:
    torch.manual_seed(process_seed(3, group.rank))
    return Training(module, 8, by, 5, StepOptions(micro_batch_size=micro), group)


def losses(training: Training) -> list[float]:
    """Losses of all steps of a training without augmentation that depends on a process."""
    found = list[float]()
    step = training.step
    training.step = lambda *batch: found.append(float(loss := step(*batch))) or loss  # type: ignore[method-assign,func-returns-value]
    train(training, batches(), NORMALIZER)
    return found


def weights(module: nn.Module) -> Tensor:
    return torch.cat([value.detach().flatten() for value in module.parameters()])


def trained_plainly(group: ProcessGroup, micro: int | None = None) -> tuple[list[float], Tensor]:
    """A network without batch norm: whatever is the mean over images does not depend on how they are split."""
    torch.manual_seed(1)
    training = started(plain_module(), recipe(), group, micro)
    return losses(training), weights(training.evaluated_module)


def trained_with_batch_norm(group: ProcessGroup, micro: int | None = None) -> tuple[list[float], Tensor]:
    torch.manual_seed(1)
    training = started(build_module(NETWORK), recipe(), group, micro)
    return losses(training), weights(training.evaluated_module)


def scores(group: ProcessGroup) -> Scores:
    """Of a module whose statistics are other ones in each process until they are shared."""
    draw = torch.Generator().manual_seed(2)
    images = torch.randint(256, (PICTURES, 1, 8, 8), dtype=torch.uint8, generator=draw)
    torch.manual_seed(1)
    module = nn.Sequential(nn.BatchNorm2d(1), plain_module())
    module[0].running_mean += group.rank  # type: ignore[operator]
    return score_predictions(module, split_into_batches(images, torch.arange(PICTURES) % 7, 500), NORMALIZER, group)


def resumed_exactly(group: ProcessGroup) -> bool:
    """Whether a training that is stopped in each of its steps has all bits of one that is not."""
    by = recipe(dropout=0.3)
    torch.manual_seed(1)
    start = build_module(with_regularization(NETWORK, by)).state_dict()

    def begun() -> Training:
        module = build_module(with_regularization(NETWORK, by))
        module.load_state_dict(start)
        return started(module, by, group)

    whole = begun()
    train(whole, batches(), NORMALIZER)
    state: dict[str, Any] = {}
    while True:
        part = begun()
        if state:
            part.load_state_dict(state)
        if group.rank == group.size - 1:
            interrupts.request_stop()
        try:
            train(part, batches(), NORMALIZER)
        except interrupts.StopRequested:
            interrupts._State.reset()
            [state] = group.from_first(iter([part.state_dict()]))
            if part.progress.steps < by.steps:
                continue
        return torch.equal(weights(whole.evaluated_module), weights(part.evaluated_module)) and (
            whole.progress.epoch_losses == part.progress.epoch_losses
        )


def measured(_: RankTask) -> Any:
    """Everything that is compared with one process: one start of processes for all of it."""
    torch.set_num_threads(1)
    with join_group(torch.device("cpu"), sync_batch_norm=False) as group:
        other = started(plain_module(), recipe(), group)
        with pytest.raises(ValueError, match="processes") as refused:
            other.load_state_dict(other.state_dict() | {"processes": 5})
        return {
            "plain": trained_plainly(group),
            "micro": trained_plainly(group, 1),
            "batch_norm": trained_with_batch_norm(group),
            "scores": scores(group),
            "resumed": all(group.gather(resumed_exactly(group))),
            "random": group.gather(torch.get_rng_state()),
            "refused": str(refused.value),
        }


def noise() -> InMemoryDataset:
    draw = np.random.default_rng(0)
    split = Split(draw.integers(0, 256, (25, 1, 8, 8), dtype=np.uint8), draw.integers(0, 7, 25))
    return InMemoryDataset("noise", 7, split, split, split)


def task(folder: Path, size: int, data: InMemoryDataset, nodes: int = 1) -> RankTask:
    Store(folder).open_for_writing()
    work = folder / "work"
    work.mkdir(exist_ok=True)
    point = Point(NETWORK, DataRef("noise", "0"), recipe(dropout=0.2), seed=1)
    execution = ExecutionOptions(checkpoint_minutes=0, processes=size, nodes=nodes)
    return RankTask(("cpu",) * (size // nodes), point, data, folder, execution, work, None)


@pytest.fixture(scope="module", params=[(2, 1), (3, 1), (2, 2)], ids=["2", "3", "2 nodes"])
def group_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    (size, nodes), folder = request.param, tmp_path_factory.mktemp("group")
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_stand_in(monkeypatch, folder)
        launch = ranks.launch if nodes == 1 else launch_on_nodes
        found: Any = launch(measured, task(folder, size, noise(), nodes))  # type: ignore[arg-type]
    return size, found


def test_losses_and_weights_are_those_of_one_process(group_of: tuple[int, dict[str, Any]]) -> None:
    """Batches of 8 images: 4 and 4, or 3, 3 and 2. Batch norm is that of micro-batches of these sizes."""
    size, found = group_of
    alone = trained_plainly(ALONE)
    for several in (found["plain"], found["micro"]):
        assert several[0] == pytest.approx(alone[0], abs=1e-5)
        torch.testing.assert_close(several[1], alone[1], rtol=0, atol=1e-5)
    micro = trained_with_batch_norm(ALONE, -(-8 // size))
    assert found["batch_norm"][0] == pytest.approx(micro[0], abs=1e-5)
    torch.testing.assert_close(found["batch_norm"][1], micro[1], rtol=0, atol=1e-5)


def test_each_picture_is_answered_once_and_in_order(group_of: tuple[int, dict[str, Any]]) -> None:
    alone, several = scores(ALONE), group_of[1]["scores"]
    assert len(several.correct) == PICTURES
    assert several.correct == alone.correct
    assert 0 < sum(alone.correct) < PICTURES
    assert several.loss == pytest.approx(alone.loss, rel=1e-6)
    assert (several.top5_accuracy, several.chance) == (alone.top5_accuracy, alone.chance)


def test_a_training_that_is_resumed_has_the_same_bits(group_of: tuple[int, dict[str, Any]]) -> None:
    """Its dropout too, which draws other numbers in each process."""
    size, found = group_of
    assert found["resumed"]
    assert len({bytes(state.numpy()) for state in found["random"]}) == size


def test_a_state_of_another_number_of_processes_is_refused(group_of: tuple[int, dict[str, Any]]) -> None:
    size, found = group_of
    assert "number of processes is 5" in found["refused"]
    assert found["refused"].endswith(f"uses {size}")


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
def whole(tmp_path_factory: pytest.TempPathFactory) -> Result:
    result = ranks.launch(run_rank, task(tmp_path_factory.mktemp("whole"), 2, noise()))
    assert isinstance(result, Result)
    return result


@pytest.mark.parametrize("nodes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_killed_process_and_a_stop_change_no_bit(
    nodes: int, whole: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    assert (result.train_loss, result.test_correct) == (whole.train_loss, whole.test_correct)
    assert {name: result.provenance[name] for name in ("processes", "at_once", "resumed", "sync_batch_norm")} == {
        "processes": 2,
        "at_once": 4,
        "resumed": 2,
        "sync_batch_norm": False,
    }
    assert given.read_progress()["steps"] in (5, 6)  # the last step may end before its progress is due
    assert Store(given.folder).read_result(given.point.key) == result
