"""The state of a training is all of it: put aside and taken up, every tensor comes out the same."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from scaling_lab.config.hyperparameters import Hyperparameters, resolve_hyperparameters, with_regularization
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.batches import InMemoryBatches
from scaling_lab.data.normalization import FixedNormalizer
from scaling_lab.networks.families.efficientnet import efficientnet_b0_small
from scaling_lab.training.loop import train
from scaling_lab.training.module import build_module
from scaling_lab.training.precision import StepOptions
from scaling_lab.training.state import Training

NETWORK = replace(efficientnet_b0_small(), side=8)
MEAN, STD = (0.5,) * 3, (0.25,) * 3
SHARED = {"epochs": 2, "batch": 8, "ema": 0.9, "dropout": 0.3, "drop_path": 0.3, "cutmix": 1.0, "erase": 0.5}
RECIPES = {
    "sgd": Recipe(**SHARED, mixup=0.4),  # type: ignore[arg-type]
    "rmsprop": Recipe(**SHARED, optimizer="rmsprop", schedule="staircase", policy="autoaugment"),  # type: ignore[arg-type]
    "adamw": Recipe(**SHARED, optimizer="adamw", lr=0.01, policy="randaugment", pad=0, crop=0.3),  # type: ignore[arg-type]
}


def pictures() -> InMemoryBatches:
    draw = torch.Generator().manual_seed(0)
    images = torch.randint(256, (32, 3, 8, 8), dtype=torch.uint8, generator=draw)
    return InMemoryBatches(images, torch.randint(10, (32,), generator=draw), 8)


def begun(recipe: Hyperparameters) -> Training:
    torch.manual_seed(3)
    return Training(build_module(with_regularization(NETWORK, recipe)), 8, recipe, 5, StepOptions())


def tensors(value: Any, name: str = "") -> dict[str, Tensor]:
    """Every tensor in nested dicts and lists, by its path."""
    if isinstance(value, Tensor):
        return {name: value}
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    return {path: tensor for key, part in inside for path, tensor in tensors(part, f"{name}.{key}").items()}


class Aside:
    """Stands for checkpoints: takes the state after each step."""

    def __init__(self) -> None:
        self.states = dict[int, dict[str, Any]]()

    def is_due(self) -> bool:
        return True

    def write(self, step: int, state: dict[str, Any]) -> None:
        self.states[step] = {name: clone(value) for name, value in state.items()}


def clone(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, dict):
        return {key: clone(part) for key, part in value.items()}
    return [clone(part) for part in value] if isinstance(value, list) else value


@cache
def undisturbed(name: str) -> tuple[dict[str, Tensor], list[float], Aside]:
    """Return the tensors and losses of a finished training, and its states."""
    uninterrupted, aside = begun(resolve_hyperparameters(RECIPES[name], NETWORK, 32)), Aside()
    train(uninterrupted, pictures(), FixedNormalizer(10, MEAN, STD), aside)  # type: ignore[arg-type]
    return tensors(uninterrupted.state_dict()), uninterrupted.progress.epoch_losses, aside


@pytest.mark.parametrize("step", [3, 4, 6])
@pytest.mark.parametrize("name", RECIPES)
def test_every_tensor_is_the_same(name: str, step: int) -> None:
    expected, losses, aside = undisturbed(name)
    again = begun(resolve_hyperparameters(RECIPES[name], NETWORK, 32))
    torch.manual_seed(99)
    again.load_state_dict(aside.states[step])
    train(again, pictures(), FixedNormalizer(10, MEAN, STD))
    actual = tensors(again.state_dict())
    assert {path.split(".")[1] for path in expected} >= {"module", "averaged", "optimizer", "generator", "cpu"}
    assert expected.keys() == actual.keys()
    for path, value in expected.items():
        assert torch.equal(value, actual[path]), path
    assert losses == again.progress.epoch_losses


def test_what_is_evaluated_is_the_average() -> None:
    training = begun(resolve_hyperparameters(RECIPES["sgd"], NETWORK, 32))
    train(training, pictures(), FixedNormalizer(10, MEAN, STD))
    assert training.ema is not None
    assert training.evaluated_module is training.ema.module
    ours, last = (
        torch.cat([p.flatten() for p in m.parameters()]) for m in (training.evaluated_module, training.module)
    )
    assert not torch.allclose(ours, last)
    plain = begun(resolve_hyperparameters(replace(RECIPES["sgd"], ema=0.0), NETWORK, 32))
    assert plain.evaluated_module is plain.module


@pytest.mark.parametrize(("what", "other"), [("device", "cuda"), ("precision", "bfloat16")])
def test_a_state_of_another_device_or_precision_is_refused(what: str, other: str) -> None:
    training = begun(resolve_hyperparameters(RECIPES["sgd"], NETWORK, 32))
    with pytest.raises(ValueError, match=f"its {what} is {other}"):
        training.load_state_dict(training.state_dict() | {what: other})


def test_losses_come_back_to_the_device_of_the_training() -> None:
    training = begun(resolve_hyperparameters(RECIPES["sgd"], NETWORK, 32))
    state = training.state_dict()
    state["progress"] |= {"losses": torch.ones(2)}
    training.device = torch.device("meta")
    training.load_state_dict(state | {"device": "meta"})
    assert {loss.device.type for loss in training.progress.losses} == {"meta"}


@pytest.mark.parametrize("steps", [-1, 1, 10**6])
def test_a_forged_number_of_steps_is_refused(steps: int) -> None:
    training = begun(resolve_hyperparameters(RECIPES["sgd"], NETWORK, 32))
    state = training.state_dict()
    state["progress"] |= {"steps": steps}
    with pytest.raises(ValueError, match=f"it has {steps} steps"):
        training.load_state_dict(state)
