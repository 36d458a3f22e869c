"""Construction of a recipe's optimizer: algorithm, hyperparameters and weight-decay groups."""

from typing import Any, assert_never

import torch
from torch import nn

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.training.rmsprop import RMSProp


def make_optimizer(module: nn.Module, recipe: Hyperparameters) -> torch.optim.Optimizer:
    """Return the recipe's optimizer at its peak learning rate; `lr_schedule.py` sets the rate of each step.

    SGD and AdamW are torch's, fused. There are two parameter groups: with weight decay, then without
    (`recipe.decayed`).
    """
    groups = _groups(module, recipe)
    match recipe.optimizer:
        case "sgd":
            nesterov = recipe.nesterov and recipe.momentum > 0
            return torch.optim.SGD(groups, lr=recipe.lr, momentum=recipe.momentum, nesterov=nesterov, fused=True)
        case "adamw":
            betas = (recipe.momentum, recipe.square_decay)
            return torch.optim.AdamW(groups, lr=recipe.lr, betas=betas, eps=recipe.eps, fused=True)
        case "rmsprop":
            return RMSProp(groups, recipe.lr, recipe.square_decay, recipe.momentum, recipe.eps)
        case _:
            assert_never(recipe.optimizer)


def _groups(module: nn.Module, recipe: Hyperparameters) -> list[dict[str, Any]]:
    decayed: list[nn.Parameter] = []
    undecayed: list[nn.Parameter] = []
    seen = set[nn.Parameter]()
    for part in module.modules():
        for weight in part.parameters(recurse=False):
            if weight in seen:  # tied: once, as in the first module that has it
                continue
            seen.add(weight)
            (decayed if _is_decayed(part, weight, recipe) else undecayed).append(weight)
    return [{"params": decayed, "weight_decay": recipe.weight_decay}, {"params": undecayed, "weight_decay": 0.0}]


def _is_decayed(part: nn.Module, weight: nn.Parameter, recipe: Hyperparameters) -> bool:
    match recipe.decayed:
        case "weights":
            return weight.ndim > 1
        case "no_depthwise":
            return weight.ndim > 1 and not _is_depthwise(part)
        case "no_norms":
            return not isinstance(part, nn.BatchNorm2d)
        case "all":
            return True
        case _:
            assert_never(recipe.decayed)


def _is_depthwise(part: nn.Module) -> bool:
    return isinstance(part, nn.Conv2d) and 1 < part.groups == part.in_channels
