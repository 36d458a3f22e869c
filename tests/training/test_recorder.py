"""What is recorded at the end of an epoch, and that recording changes no bit of the training."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from scaling_lab.config.hyperparameters import resolve_hyperparameters, with_regularization
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.batches import resize_images
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.data.loaders import load_training_batches
from scaling_lab.data.normalization import FixedNormalizer, Normalizer
from scaling_lab.networks.families.efficientnet import efficientnet_b0_small
from scaling_lab.store.schema import DataRef, EpochRecord, Point
from scaling_lab.training.evaluate.accuracy import score_predictions
from scaling_lab.training.loop import train
from scaling_lab.training.module import build_module
from scaling_lab.training.precision import StepOptions
from scaling_lab.training.progress import TrainingProgress
from scaling_lab.training.recorder import Recorder, held_out_evaluator
from scaling_lab.training.state import Training

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data() -> InMemoryDataset:
    draw = np.random.default_rng(0)

    def split(count: int) -> Split:
        return Split(draw.integers(0, 256, (count, 1, 12, 12), dtype=np.uint8), draw.integers(0, 7, count))

    return InMemoryDataset("noise", 7, split(24), split(13), split(11))


@pytest.fixture(scope="module")
def point(data: InMemoryDataset) -> Point:
    """Two epochs of three steps, with an EMA, dropout, stochastic depth and mixup."""
    network = replace(efficientnet_b0_small(), side=8, channels=1, classes=7)
    recipe = Recipe(epochs=2, batch=8, lr=0.2, ema=0.9, dropout=0.3, drop_path=0.3, pad=0.2, mixup=0.2)
    return Point(network, DataRef("noise", "0"), resolve_hyperparameters(recipe, network, len(data.train)), seed=1)


class Observed(Training):
    """Notes the gradients' norm and the learning rate of each step, from the optimizer itself."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.norms, self.rates = list[float](), list[float]()
        self.optimizer.register_step_pre_hook(self._note)

    def _note(self, *_: object) -> None:
        gradients = torch.cat([weight.grad.double().flatten() for weight in self.module.parameters()])  # type: ignore[union-attr]
        self.norms.append(float(gradients.square().sum().sqrt()))
        self.rates.append(self.optimizer.param_groups[0]["lr"])


def trained(point: Point, data: InMemoryDataset, recorder: Recorder | None, micro_batch: int | None = None) -> Observed:
    torch.manual_seed(point.seed)
    module = build_module(with_regularization(point.network, point.recipe))
    training = Observed(module, 8, point.recipe, point.seed, StepOptions(micro_batch_size=micro_batch))
    train(training, load_training_batches(data, point.recipe, 8, CPU), data, recorder=recorder)
    return training


def tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [tensor for part in inside for tensor in tensors(part)]


@pytest.mark.parametrize("ema", [0.9, 0.0])
def test_recording_changes_no_bit(ema: float, point: Point, data: InMemoryDataset) -> None:
    """Whether the averaged weights are evaluated or the module itself, which must train on afterwards."""
    point = replace(point, recipe=replace(point.recipe, ema=ema))
    plain, recorded = trained(point, data, None), trained(point, data, Recorder(held_out_evaluator(point, data)))
    assert len(recorded.progress.epochs) == 2
    assert plain.progress.epochs == []
    assert plain.progress.epoch_losses == recorded.progress.epoch_losses
    expected, actual = tensors(plain.state_dict()), tensors(recorded.state_dict())
    assert len(expected) == len(actual) > 100
    assert all(torch.equal(a, b) for a, b in zip(expected, actual, strict=True))
    assert recorded.module.training


@pytest.mark.parametrize("micro_batch", [None, 3])
def test_learning_rate_and_gradient_norm_are_those_of_the_optimizer(
    micro_batch: int | None, point: Point, data: InMemoryDataset
) -> None:
    training = trained(point, data, Recorder(held_out_evaluator(point, data)), micro_batch)
    first, second = training.progress.epochs
    assert (first.epoch, first.step, second.epoch, second.step) == (1, 3, 2, 6)
    assert [first.lr, second.lr] == pytest.approx([training.rates[2], training.rates[5]], rel=1e-12)
    means = [np.mean(training.norms[:3]), np.mean(training.norms[3:])]
    assert [first.grad_norm, second.grad_norm] == pytest.approx(means, rel=1e-5)
    assert 0 < first.seconds < second.seconds == training.progress.seconds


def test_held_out_images_are_scored_with_the_averaged_weights(point: Point, data: InMemoryDataset) -> None:
    training = trained(point, data, Recorder(held_out_evaluator(point, data)))
    assert training.ema is not None
    images = (resize_images(data.held_out.images, 8).float() / 255 - data.mean[0]) / data.std[0]
    with torch.no_grad():
        logits = [training.ema.module(image[None])[0].double() for image in images]
    labels = torch.tensor(data.held_out.labels)
    chances = torch.stack(logits).log_softmax(1)[torch.arange(len(labels)), labels]
    last = training.progress.epochs[-1]
    assert last.held_out_loss == pytest.approx(-float(chances.mean()), rel=1e-5)
    assert last.held_out_accuracy == float((torch.stack(logits).argmax(1) == labels).double().mean())


class Known(nn.Module):
    """Gives the same logits to every image."""

    def __init__(self, logits: list[float]) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor(logits))

    def forward(self, x: Tensor) -> Tensor:
        return self.logits.expand(len(x), -1)


def scores(logits: list[float], labels: list[int], data: Normalizer) -> Any:
    images = torch.zeros(len(labels), 1, 4, 4, dtype=torch.uint8)
    halves = zip(images.split(2), torch.tensor(labels).split(2), strict=True)
    return score_predictions(Known(logits), halves, data)


def test_top_five_loss_and_chance(data: InMemoryDataset) -> None:
    evaluation = scores([7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0], [0, 4, 5, 6, 6], data)
    assert evaluation.correct == [True, False, False, False, False]
    assert evaluation.top5_accuracy == 2 / 5
    assert evaluation.chance == 2 / 5
    assert evaluation.loss == pytest.approx(np.log(np.exp(np.arange(1, 8)).sum()) - np.mean([7, 3, 2, 1, 1]))
    five = FixedNormalizer(5, (0.5,), (0.5,))
    assert scores([1.0] * 5, [0, 1, 2], five).top5_accuracy is None
    assert scores([1.0] * 5, [0, 1, 2], five).chance == 1 / 3
    assert scores([float("inf"), *[0.0] * 6], [0, 1], data).loss is None


def test_gradient_norms_missing_in_an_old_checkpoint_stay_missing(point: Point, data: InMemoryDataset) -> None:
    training = Training(build_module(point.network), 8, point.recipe, 1, StepOptions())
    state = training.state_dict()
    state["progress"] |= {"steps": 4, "means": [2.0], "losses": torch.ones(1)}
    state["schedule"] |= {"last_epoch": 4}
    for name in ("epochs", "grad_norms"):
        del state["progress"][name]
    training.load_state_dict(state)
    training.progress.epoch_began = training.generator.get_state()
    recorder = Recorder(held_out_evaluator(point, data))
    train(training, load_training_batches(data, point.recipe, 8, CPU), data, recorder=recorder)
    [record] = training.progress.epochs
    assert (record.epoch, record.step, record.grad_norm) == (2, 6, None)


def test_records_survive_a_checkpoint(point: Point) -> None:
    training = Training(build_module(point.network), 8, point.recipe, 1, StepOptions())
    record = EpochRecord(1, 3, 0.1, None, 2.5, 0.25, 9.0)
    training.progress.epochs = [record]
    training.progress.grad_norms = [torch.tensor(1.5)]
    state = training.state_dict()
    restored = TrainingProgress.from_state_dict(state["progress"], CPU)
    assert restored.epochs == [record]
    assert [float(norm) for norm in restored.grad_norms] == [1.5]
