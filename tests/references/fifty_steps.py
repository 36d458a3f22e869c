"""Fifty training steps on which two implementations of optimizer, schedule and EMA must agree.

The loop, network, weights, batches and numbers are here; callers pass the compared parts. The learning rate changes in
every case, because only then it matters where it enters a momentum buffer.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.networks.blocks import MBConv
from scaling_lab.networks.network import Network
from scaling_lab.networks.parts import Head, Stage, Stem
from scaling_lab.training.module import build_module
from tests.references.fill import fill

STEPS, BATCH, CLASSES = 50, 8, 10
STAGES = (Stage(8, 1, (MBConv(1, gate=0.25),)), Stage(12, 2, (MBConv(4, gate=0.25),) * 2))
NETWORK = Network(Stem(8, act="silu"), STAGES, Head(24, act="silu"), side=12, classes=CLASSES, eps=1e-3)

_SHARED: dict[str, Any] = {
    "steps": STEPS,
    "batch": BATCH,
    "momentum": 0.9,
    "label_smoothing": 0.1,
    "pad": 0,
    "flip": False,
    "ema": 0.7,
}
_STAIRS: dict[str, Any] = {"schedule": "staircase", "decay_rate": 0.8, "decay_steps": 12.0, "warmup_steps": 5}
CASES: dict[str, Hyperparameters] = {
    "rmsprop": Hyperparameters(
        **_SHARED, **_STAIRS, lr=0.004, weight_decay=0.02, optimizer="rmsprop", square_decay=0.9, eps=1e-3
    ),
    "sgd": Hyperparameters(**_SHARED, lr=0.02, weight_decay=0.05, warmup_steps=0),
    "adamw": Hyperparameters(
        **_SHARED, lr=0.002, weight_decay=0.5, warmup_steps=0, optimizer="adamw", square_decay=0.99, eps=1e-3
    ),
}


def module(dtype: torch.dtype) -> nn.Module:
    """The network, with the weights of `fill`, in training mode."""
    return fill(build_module(NETWORK)).to(dtype).train()


def train(
    network: nn.Module,
    recipe: Hyperparameters,
    optimizer: torch.optim.Optimizer,
    after_step: Callable[[int], None],
) -> list[float]:
    """The loss of each step. `after_step` is told how many steps are done: it sets the learning rate and averages."""
    losses = []
    for step in range(recipe.steps):
        pictures, labels = batch(step % 5, next(network.parameters()).dtype)
        loss = functional.cross_entropy(network(pictures), labels, label_smoothing=recipe.label_smoothing)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        after_step(step + 1)
        losses.append(loss.item())
    return losses


def batch(number: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Normal noise (BATCH, 3, side, side), and labels."""
    draw = np.random.RandomState(number)
    pictures = draw.standard_normal((BATCH, 3, NETWORK.side, NETWORK.side))
    return torch.from_numpy(pictures).to(dtype), torch.from_numpy(draw.randint(CLASSES, size=BATCH))


def changes(start: Mapping[str, Tensor], end: Mapping[str, Tensor]) -> dict[str, list[float]]:
    """For each tensor that is compared: the norm of its change, and the change along a random direction of length 1."""
    summaries = {}
    for index, name in enumerate(compared(start)):
        change = (end[name].double() - start[name].double()).flatten().numpy()
        direction = np.random.RandomState(index).standard_normal(change.size)
        along = change @ direction / np.linalg.norm(direction)
        summaries[name] = [float(f"{number:.12g}") for number in (np.linalg.norm(change), along)]
    return summaries


def compared(state: Mapping[str, Tensor]) -> list[str]:
    """The tensors of floats but one kind: the next norm takes off what a projection's bias adds, so its gradient is 0,
    and what moves it is rounding."""
    return [name for name, value in state.items() if value.is_floating_point() and "project_norm.bias" not in name]
