"""Fifty steps by timm: optimizer, parameter groups, schedule and EMA composed as in its training script."""

from collections.abc import Mapping
from typing import Any

import torch
from timm.optim import create_optimizer_v2
from timm.scheduler import CosineLRScheduler, StepLRScheduler
from timm.utils import ModelEmaV3
from torch import Tensor

from scaling_lab.config.hyperparameters import Hyperparameters
from tests.references import fifty_steps

Trained = tuple[list[float], Mapping[str, Tensor], Mapping[str, Tensor]]


def with_timm(recipe: Hyperparameters, dtype: torch.dtype) -> Trained:
    """Return losses, final weights and EMA weights.

    timm's EMA has no warm-up like TensorFlow's, so its decay is set before each update, by the formula.
    """
    module = fifty_steps.module(dtype)
    by = create_optimizer_v2(module, lr=recipe.lr, weight_decay=recipe.weight_decay, **_of_its_kind(recipe))
    rates, average = _rates(by, recipe), ModelEmaV3(module)

    def after_step(done: int) -> None:
        rates.step_update(done)
        average.decay = min(recipe.ema, (1 + done) / (10 + done))
        average.update(module)

    losses = fifty_steps.train(module, recipe, by, after_step)
    return losses, module.state_dict(), average.module.state_dict()


def _of_its_kind(recipe: Hyperparameters) -> dict[str, Any]:
    match recipe.optimizer:
        case "rmsprop":
            return {"opt": "rmsproptf", "alpha": recipe.square_decay, "eps": recipe.eps, "momentum": recipe.momentum}
        case "sgd":
            return {"opt": "sgd", "momentum": recipe.momentum}  # with Nesterov momentum; theirs without is `momentum`
        case "adamw":
            return {"opt": "adamw", "betas": (recipe.momentum, recipe.square_decay), "eps": recipe.eps}


def _rates(by: torch.optim.Optimizer, recipe: Hyperparameters) -> StepLRScheduler | CosineLRScheduler:
    if recipe.schedule == "cosine":
        return CosineLRScheduler(by, t_initial=recipe.steps, t_in_epochs=False)
    stairs = {"decay_t": recipe.decay_steps, "decay_rate": recipe.decay_rate}
    warmup = {"warmup_t": recipe.warmup_steps, "warmup_lr_init": 0, "warmup_prefix": False}
    return StepLRScheduler(by, **stairs, **warmup, t_in_epochs=False)
