"""The training loop: SGD with Nesterov momentum on augmented batches, cosine decay after a linear warm-up."""

from collections.abc import Sequence
from itertools import islice
from math import cos, isfinite, pi

import torch
from torch import Tensor, nn
from torch.nn import functional

from scaling_lab.data.batches import augment, epoch, normalise
from scaling_lab.resolved import Resolved


def train(
    module: nn.Module,
    images: Tensor,
    labels: Tensor,
    recipe: Resolved,
    mean: Sequence[float],
    std: Sequence[float],
    seed: int,
) -> list[float]:
    """Trains in place and returns the mean loss of each epoch (cross-entropy with label smoothing).

    images: uint8 (n, channels, side, side) on the module's device; labels: int64 (n,). `seed` fixes order and
    augmentation; initial weights and dropout come from torch's global generator, which the caller seeds.
    Raises FloatingPointError, naming the epoch, when the loss is no longer finite.
    """
    optimizer = torch.optim.SGD(
        _groups(module, recipe.weight_decay),
        lr=recipe.lr,
        momentum=recipe.momentum,
        nesterov=recipe.momentum > 0,
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: lr_factor(step, recipe))
    generator = torch.Generator().manual_seed(seed)

    def step(batch: Tensor, targets: Tensor) -> Tensor:
        pictures = normalise(augment(batch, generator, recipe.pad, recipe.flip), mean, std)
        loss = functional.cross_entropy(module(pictures), targets, label_smoothing=recipe.label_smoothing)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        return loss.detach()

    module.train()
    means: list[float] = []
    left = recipe.steps
    while left > 0:
        losses = [step(*pair) for pair in islice(epoch(images, labels, recipe.batch, generator), left)]
        left -= len(losses)
        means.append(float(torch.stack(losses).mean()))
        if not isfinite(means[-1]):
            raise FloatingPointError(f"loss is {means[-1]} in epoch {len(means)} (peak learning rate {recipe.lr})")
    return means


def lr_factor(step: int, recipe: Resolved) -> float:
    """Share of the peak learning rate at a step: linear from 1 / warmup_steps up to 1, then half a cosine down to 0."""
    if step < recipe.warmup_steps:
        return (step + 1) / recipe.warmup_steps
    left = max(1, recipe.steps - recipe.warmup_steps)
    return (1 + cos(pi * (step - recipe.warmup_steps) / left)) / 2


def _groups(module: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Decay for the weights of convolutions and linear layers; none for biases and batch norms."""
    decayed = [p for p in module.parameters() if p.ndim > 1]
    plain = [p for p in module.parameters() if p.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]
