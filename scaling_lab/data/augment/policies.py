"""AutoAugment and RandAugment on whole batches: each picture draws its own, all that drew one operation share a call.

Of kornia is AutoAugment's table. Its policy modules are not used: they draw once for a whole batch, from torch's global
generator, and strengths are not the papers' (docs/augmentation.md). Importing this module imports kornia.
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

# Strength at level 0 and at the top level, and whether half of the pictures get its negative.
# AutoAugment (arXiv 1805.09501), table 6: the literal ranges; the sign is that of its published code.
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
# RandAugment (arXiv 1909.13719), its 14 operations. Strength grows with the level in each of them, as in torchvision.
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
    """What a picture chooses from, all (choices, steps): operations that follow each other, as places in OPERATIONS.

    probability: of each step to happen at all. signed: 1 where half of the strengths are negated, else 0.
    """

    operation: Tensor
    probability: Tensor
    strength: Tensor
    signed: Tensor

    def drawn(self, count: int, generator: torch.Generator) -> list[tuple[Tensor, Tensor]]:
        """Return for each step the operation (int64) and its strength (float32) of so many pictures, on the CPU."""
        chosen = torch.randint(len(self.operation), (count,), generator=generator)
        shape = (count, self.operation.shape[1])
        happens = torch.rand(shape, generator=generator) < self.probability[chosen]
        sign = 1 - 2 * self.signed[chosen] * torch.randint(2, shape, generator=generator)
        operation = torch.where(happens, self.operation[chosen], 0)
        return list(zip(operation.unbind(1), (sign * self.strength[chosen]).unbind(1), strict=True))


def apply_policy(batch: Tensor, generator: torch.Generator, recipe: Hyperparameters) -> Tensor:
    """Do the recipe's policy to uint8 (n, 3, side, side) in channels-last memory; the result is the same kind.

    Each picture draws one sub-policy of AutoAugment's, or `operations` times one of RandAugment's operations, with
    replacement; numbers come from the CPU `generator` alone. Results of every operation are rounded to whole levels.
    """
    if recipe.policy == "autoaugment":
        choices, rounds = autoaugment_choices(), 1
    else:
        choices, rounds = randaugment_choices(recipe.magnitude), recipe.operations
    for _ in range(rounds):
        for operation, strength in choices.drawn(len(batch), generator):
            batch = apply_operations(batch, operation, strength)
    return batch


def apply_operations(batch: Tensor, operation: Tensor, strength: Tensor) -> Tensor:
    """Do to each picture its own operation; `operation` (places in OPERATIONS) and `strength` are (n,) on the CPU.

    The batch is sorted by operation and split: sizes are known on the host, so nothing waits for the device.
    """
    order = operation.argsort(stable=True)
    counts = operation.bincount(minlength=len(OPERATIONS)).tolist()
    there, back = (places.to(batch.device, non_blocking=True) for places in (order, order.argsort()))
    strengths = strength[order].to(batch.device, non_blocking=True)
    groups = torch.split(_picked(batch, there), counts), torch.split(strengths, counts)
    parts = zip(OPERATIONS.values(), *groups, strict=True)
    return _picked(torch.cat([change(part, own) for change, part, own in parts if len(part)]), back)


@lru_cache
def autoaugment_choices() -> PolicyChoices:
    """Return AutoAugment's 25 ImageNet sub-policies of two operations each, table 9 of the paper as kornia lists it."""
    return _choices(imagenet_policy, AUTOAUGMENT_RANGES)


@lru_cache
def randaugment_choices(magnitude: float) -> PolicyChoices:
    """Return RandAugment's operations at a magnitude in 0 .. 10; at 0, those that have a strength change nothing."""
    return _choices([[(name, 1.0, magnitude)] for name in RANDAUGMENT_RANGES], RANDAUGMENT_RANGES)


def _choices(table: list[list[tuple[str, float, float | None]]], ranges: dict[str, StrengthRange]) -> PolicyChoices:
    """Of rows of (name, probability, level in 0 .. 10)."""
    names, places = [[name for name, *_ in row] for row in table], list(OPERATIONS)
    strength = [[_at(level or 0, *ranges[name][:2]) for name, _, level in row] for row in table]
    return PolicyChoices(
        operation=torch.tensor([[places.index(name) for name in row] for row in names]),
        probability=torch.tensor([[probability for _, probability, _ in row] for row in table]),
        strength=torch.tensor(strength, dtype=torch.float32),
        signed=torch.tensor([[int(ranges[name][2]) for name in row] for row in names]),
    )


def _at(level: float, low: float, high: float) -> float:
    return low + (high - low) * level / TOP_LEVEL


def _picked(batch: Tensor, places: Tensor) -> Tensor:
    return batch.permute(0, 2, 3, 1).index_select(0, places).permute(0, 3, 1, 2)
