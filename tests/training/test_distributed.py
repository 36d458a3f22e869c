"""One point in two and three real processes, and on two nodes: the numbers of one, exact evaluation and resuming."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from scaling_lab.config.hyperparameters import Hyperparameters, with_regularization
from scaling_lab.data.batches import InMemoryBatches, split_into_batches
from scaling_lab.data.normalization import FixedNormalizer
from scaling_lab.study.executors import ranks
from scaling_lab.study.executors.node_step import launch_on_nodes
from scaling_lab.study.executors.rank_task import RankTask
from scaling_lab.training import interrupts
from scaling_lab.training.distributed import ALONE, ProcessGroup, join_group, process_seed
from scaling_lab.training.evaluate.accuracy import Scores, score_predictions
from scaling_lab.training.loop import train
from scaling_lab.training.module import build_module
from scaling_lab.training.precision import StepOptions
from scaling_lab.training.state import Training
from tests.stand_in_srun import use_stand_in
from tests.training.group_task import NETWORK, noise, recipe, task

NORMALIZER = FixedNormalizer(7, (0.5,), (0.25,))
PICTURES = 1999


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
    step_losses = list[float]()
    step = training.step
    training.step = lambda *batch: step_losses.append(float(loss := step(*batch))) or loss  # type: ignore[method-assign,func-returns-value]
    train(training, batches(), NORMALIZER)
    return step_losses


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

    uninterrupted = begun()
    train(uninterrupted, batches(), NORMALIZER)
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
        return torch.equal(weights(uninterrupted.evaluated_module), weights(part.evaluated_module)) and (
            uninterrupted.progress.epoch_losses == part.progress.epoch_losses
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


@pytest.fixture(scope="module", params=[(2, 1), (3, 1), (2, 2)], ids=["2", "3", "2 nodes"])
def group_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    (size, nodes), folder = request.param, tmp_path_factory.mktemp("group")
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_stand_in(monkeypatch, folder)
        launch = ranks.launch if nodes == 1 else launch_on_nodes
        measurements: Any = launch(measured, task(folder, size, noise(), nodes))  # type: ignore[arg-type]
    return size, measurements


def test_losses_and_weights_are_those_of_one_process(group_of: tuple[int, dict[str, Any]]) -> None:
    """Batches of 8 images: 4 and 4, or 3, 3 and 2. Batch norm is that of micro-batches of these sizes."""
    size, measurements = group_of
    alone = trained_plainly(ALONE)
    for several in (measurements["plain"], measurements["micro"]):
        assert several[0] == pytest.approx(alone[0], abs=1e-5)
        torch.testing.assert_close(several[1], alone[1], rtol=0, atol=1e-5)
    micro = trained_with_batch_norm(ALONE, -(-8 // size))
    assert measurements["batch_norm"][0] == pytest.approx(micro[0], abs=1e-5)
    torch.testing.assert_close(measurements["batch_norm"][1], micro[1], rtol=0, atol=1e-5)


def test_each_picture_is_answered_once_and_in_order(group_of: tuple[int, dict[str, Any]]) -> None:
    alone, several = scores(ALONE), group_of[1]["scores"]
    assert len(several.correct) == PICTURES
    assert several.correct == alone.correct
    assert 0 < sum(alone.correct) < PICTURES
    assert several.loss == pytest.approx(alone.loss, rel=1e-6)
    assert (several.top5_accuracy, several.chance) == (alone.top5_accuracy, alone.chance)


def test_a_training_that_is_resumed_has_the_same_bits(group_of: tuple[int, dict[str, Any]]) -> None:
    """Its dropout too, which draws other numbers in each process."""
    size, measurements = group_of
    assert measurements["resumed"]
    assert len({bytes(state.numpy()) for state in measurements["random"]}) == size


def test_a_state_of_another_number_of_processes_is_refused(group_of: tuple[int, dict[str, Any]]) -> None:
    size, measurements = group_of
    assert "number of processes is 5" in measurements["refused"]
    assert measurements["refused"].endswith(f"uses {size}")
