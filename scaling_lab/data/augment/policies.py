"""AutoAugment and RandAugment on whole batches: each image draws its operations; equal operations are batched together.

AutoAugment's table is kornia's. kornia's policy modules are not used: they draw once for a whole batch, from torch's
global generator, and their strengths differ from the papers' (docs/augmentation.md). Importing this module imports
kornia.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from kornia.augmentation.auto.autoaugment.autoaugment import imagenet_policy
from torch import Tensor

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.data.augment.operations import OPERATIONS

TOP_LEVEL = 10
StrengthRange = tuple[float, float, bool]
NO_STRENGTH: StrengthRange = (0, 0, False)

# Strength at level 0 and at the top level, and whether it is negated for half of the images.
# AutoAugment (arXiv 1805.09501), table 6: the ranges as printed; signs as in its published code.
AUTOAUGMENT_RANGES: dict[str, StrengthRange] = {
    "auto_contrast": NO_STRENGTH,
    "equalize": NO_STRENGTH,
    "invert": NO_STRENGTH,
    "rotate": (0, 30, True),
    "shear_x": (0, 0.3, True),
    "solarize": (0, 256, False),
    "posterize": (4, 8, False),
    "color": (-0.9, 0.9, False),
    "contrast": (-0.9, 0.9, False),
    "sharpness": (-0.9, 0.9, False),
}
# RandAugment (arXiv 1909.13719), its 14 operations. Each strength grows with the level, as in torchvision.
RANDAUGMENT_RANGES: dict[str, StrengthRange] = {
    "identity": NO_STRENGTH,
    "auto_contrast": NO_STRENGTH,
    "equalize": NO_STRENGTH,
    "rotate": (0, 30, True),
    "solarize": (256, 0, False),
    "color": (0, 0.9, True),
    "posterize": (8, 4, False),
    "contrast": (0, 0.9, True),
    "brightness": (0, 0.9, True),
    "sharpness": (0, 0.9, True),
    "shear_x": (0, 0.3, True),
    "shear_y": (0, 0.3, True),
    "translate_x": (0, 0.45, True),
    "translate_y": (0, 0.45, True),
}


@dataclass(frozen=True, eq=False)
class PolicyChoices:
    """Choices that an image draws from; all tensors are (choices, steps), the steps of a choice in order.

    Attributes:
        operation: Indices into OPERATIONS.
        probability: Probability that the step is applied.
        strength: Strength of the operation.
        signed: 1 where the strength is negated for half of the images, else 0.
    """

    operation: Tensor
    probability: Tensor
    strength: Tensor
    signed: Tensor

    def draw(self, count: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor]]:
        """Return for each step the operation (int64) and its strength (float32) of `count` images, on the CPU."""
        choice = torch.randint(len(self.operation), (count,), generator=generator)
        shape = (count, self.operation.shape[1])
        is_applied = torch.rand(shape, generator=generator) < self.probability[choice]
        sign = 1 - 2 * self.signed[choice] * torch.randint(2, shape, generator=generator)
        operation = torch.where(is_applied, self.operation[choice], 0)
        return list(zip(operation.unbind(1), (sign * self.strength[choice]).unbind(1), strict=True))


def apply_policy(batch: Tensor, generator: torch.Generator, recipe: Hyperparameters) -> Tensor:
    """Apply the recipe's policy to uint8 (n, 3, side, side) in channels-last memory; return the same format.

    Each image draws one of AutoAugment's sub-policies, or `recipe.operations` times one of RandAugment's operations,
    with replacement. All random numbers come from the CPU `generator`. The result of every operation is rounded to
    integer levels.
    """
    if recipe.policy == "autoaugment":
        choices, rounds = autoaugment_choices(), 1
    else:
        choices, rounds = randaugment_choices(recipe.magnitude), recipe.operations
    for _ in range(rounds):
        for operation, strength in choices.draw(len(batch), generator):
            batch = apply_operations(batch, operation, strength)
    return batch


def apply_operations(batch: Tensor, operation: Tensor, strength: Tensor) -> Tensor:
    """Apply one operation to each image.

    The batch is sorted by operation and split. The sizes are known on the host, so nothing waits for the device.

    Args:
        batch: uint8 (n, 3, side, side) in channels-last memory.
        operation: Indices into OPERATIONS, (n,) on the CPU.
        strength: (n,) on the CPU.
    """
    order = operation.argsort(stable=True)
    counts = operation.bincount(minlength=len(OPERATIONS)).tolist()
    forward, backward = (indices.to(batch.device, non_blocking=True) for indices in (order, order.argsort()))
    strengths = strength[order].to(batch.device, non_blocking=True)
    groups = torch.split(_select(batch, forward), counts), torch.split(strengths, counts)
    parts = zip(OPERATIONS.values(), *groups, strict=True)
    results = [apply(images, part_strengths) for apply, images, part_strengths in parts if len(images)]
    return _select(torch.cat(results), backward)


@lru_cache
def autoaugment_choices() -> PolicyChoices:
    """Return AutoAugment's 25 ImageNet sub-policies of two operations each: the paper's table 9, from kornia."""
    return _make_choices(imagenet_policy, AUTOAUGMENT_RANGES)


@lru_cache
def randaugment_choices(magnitude: float) -> PolicyChoices:
    """Return RandAugment's operations at a magnitude in 0 .. 10; at 0, operations with a strength change nothing."""
    return _make_choices([[(name, 1.0, magnitude)] for name in RANDAUGMENT_RANGES], RANDAUGMENT_RANGES)


def _make_choices(
    table: list[list[tuple[str, float, float | None]]], ranges: dict[str, StrengthRange]
) -> PolicyChoices:
    """Return the choices of a table whose rows hold (name, probability, level in 0 .. 10) for each step."""
    names, operations = [[name for name, *_ in row] for row in table], list(OPERATIONS)
    strength = [[_interpolate(level or 0, *ranges[name][:2]) for name, _, level in row] for row in table]
    return PolicyChoices(
        operation=torch.tensor([[operations.index(name) for name in row] for row in names]),
        probability=torch.tensor([[probability for _, probability, _ in row] for row in table]),
        strength=torch.tensor(strength, dtype=torch.float32),
        signed=torch.tensor([[int(ranges[name][2]) for name in row] for row in names]),
    )


def _interpolate(level: float, low: float, high: float) -> float:
    return low + (high - low) * level / TOP_LEVEL


def _select(batch: Tensor, indices: Tensor) -> Tensor:
    return batch.permute(0, 2, 3, 1).index_select(0, indices).permute(0, 3, 1, 2)
