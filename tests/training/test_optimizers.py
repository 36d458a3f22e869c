"""Which optimiser with what, and which weights decay."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.config.recipe import DecayedWeights, OptimizerName
from scaling_lab.networks.families.efficientnet import efficientnet_b0_small
from scaling_lab.training.ema import EMA
from scaling_lab.training.lr_schedule import make_lr_scheduler
from scaling_lab.training.module import build_module
from scaling_lab.training.optimizers import make_optimizer
from scaling_lab.training.rmsprop import RMSProp

SGD = Hyperparameters(
    steps=9, warmup_steps=0, batch=8, lr=0.4, momentum=0.8, weight_decay=0.1, label_smoothing=0, pad=0, flip=False
)


def decaying(by: torch.optim.Optimizer, module: nn.Module) -> set[str]:
    names = {id(weight): name for name, weight in module.named_parameters()}
    groups = {group["weight_decay"]: {names[id(w)] for w in group["params"]} for group in by.param_groups}
    assert set(groups) == {SGD.weight_decay, 0.0}
    assert groups[SGD.weight_decay] | groups[0.0] == set(names.values())
    assert not groups[SGD.weight_decay] & groups[0.0]
    return groups[SGD.weight_decay]


def is_norm(name: str) -> bool:
    return "norm." in name


@pytest.mark.parametrize("decayed", ["weights", "no_depthwise", "no_norms", "all"])
def test_what_decays(decayed: DecayedWeights) -> None:
    """By the names of EfficientNet's layers: it has gates with biases, depthwise convolutions and norms."""
    module = build_module(efficientnet_b0_small())
    decayed_names = decaying(make_optimizer(module, replace(SGD, decayed=decayed)), module)
    every = {name for name, _ in module.named_parameters()}
    expected = {
        "weights": {name for name in every if name.endswith("weight") and not is_norm(name)},
        "no_depthwise": {
            name for name in every if name.endswith("weight") and not is_norm(name) and "depthwise" not in name
        },
        "no_norms": {name for name in every if not is_norm(name)},
        "all": every,
    }
    assert decayed_names == expected[decayed]
    assert len({frozenset(names) for names in expected.values()}) == 4


def test_a_grouped_convolution_and_one_of_a_grey_picture_are_not_depthwise() -> None:
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3, groups=2), nn.Conv2d(4, 8, 3, groups=4))
    by = make_optimizer(module, replace(SGD, decayed="no_depthwise"))
    assert decaying(by, module) == {"0.weight", "1.weight"}


@pytest.mark.parametrize(
    ("momentum", "nesterov", "expected"), [(0.8, True, True), (0.8, False, False), (0, True, False)]
)
def test_sgd_is_torchs(momentum: float, nesterov: bool, expected: bool) -> None:
    by = make_optimizer(nn.Linear(2, 2), replace(SGD, momentum=momentum, nesterov=nesterov))
    assert isinstance(by, torch.optim.SGD)
    group = by.param_groups[0]
    assert (group["lr"], group["momentum"], group["nesterov"], group["fused"]) == (0.4, momentum, expected, True)


def test_adamw_is_torchs() -> None:
    by = make_optimizer(nn.Linear(2, 2), replace(SGD, optimizer="adamw", square_decay=0.99, eps=1e-6))
    assert isinstance(by, torch.optim.AdamW)
    group = by.param_groups[0]
    assert (group["lr"], group["betas"], group["eps"], group["fused"]) == (0.4, (0.8, 0.99), 1e-6, True)


def test_rmsprop_is_tensorflows() -> None:
    by = make_optimizer(nn.Linear(2, 2), replace(SGD, optimizer="rmsprop", square_decay=0.7, eps=1e-2))
    assert isinstance(by, RMSProp)
    group = by.param_groups[0]
    assert [group[name] for name in ("lr", "momentum", "square_decay", "eps")] == [0.4, 0.8, 0.7, 1e-2]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", ["sgd", "adamw", "rmsprop"])
def test_on_a_gpu_nothing_waits(name: OptimizerName) -> None:
    by = replace(SGD, optimizer=name, square_decay=0.9, eps=1e-3)
    module = build_module(efficientnet_b0_small()).cuda()
    steps, average = make_optimizer(module, by), EMA(module, 0.99)
    rates = make_lr_scheduler(steps, by)
    for weight in module.parameters():
        weight.grad = torch.ones_like(weight)
    for mode in ("default", "error"):
        torch.cuda.set_sync_debug_mode(mode)
        try:
            steps.step()
            rates.step()
            average.update(module)
        finally:
            torch.cuda.set_sync_debug_mode("default")
