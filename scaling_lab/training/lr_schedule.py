"""Learning rate of each step."""

from math import cos, floor, pi

import torch
from torch.optim.lr_scheduler import LambdaLR

from scaling_lab.config.hyperparameters import Hyperparameters

ROUNDING_TOLERANCE = 1e-9  # a quotient may fall just short of the integer that it stands for


def make_lr_scheduler(optimizer: torch.optim.Optimizer, recipe: Hyperparameters) -> LambdaLR:
    """Return a scheduler that sets the learning rate now and after each `step`. Its state is numbers only."""
    return LambdaLR(optimizer, lambda step: lr_factor(step, recipe))


def lr_factor(step: int, recipe: Hyperparameters) -> float:
    """Return the share of the peak learning rate at a step, counted from 0.

    Both schedules climb linearly for `warmup_steps`. Then, by `recipe.schedule`:

    - cosine: from 1 / warmup_steps up to 1, then half a cosine down to 0.
    - staircase: from 0, then decay_rate to the power of the number of completed `decay_steps`. Warm-up steps count
      among them, as in EfficientNet's code (tensorflow/tpu, efficientnet/utils.py, build_learning_rate).
    """
    if recipe.schedule == "staircase":
        if step < recipe.warmup_steps:
            return step / recipe.warmup_steps
        return recipe.decay_rate ** floor(step / recipe.decay_steps + ROUNDING_TOLERANCE)
    if step < recipe.warmup_steps:
        return (step + 1) / recipe.warmup_steps
    remaining = max(1, recipe.steps - recipe.warmup_steps)
    return (1 + cos(pi * (step - recipe.warmup_steps) / remaining)) / 2
