"""How a network is trained: the recipe as asked, and the numbers it comes to for one network and data set. No torch."""

from dataclasses import dataclass

from scaling_lab.checks import is_number
from scaling_lab.networks.spec import Network


@dataclass(frozen=True)
class Recipe:
    """SGD with Nesterov momentum, linear warm-up and cosine decay to zero, label smoothing, random crop and flip.

    epochs: passes over the training part. batch: pictures a step. lr: peak learning rate for 128 pictures a step,
    scaled linearly with the batch. weight_decay: of convolution and linear weights only. warmup_epochs: linear from
    zero. pad: how far the random crop may shift, as a fraction of the side. flip: mirror half of the pictures.

    Raises ValueError for a number outside its range.
    """

    epochs: int = 5
    batch: int = 64
    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    warmup_epochs: float = 1.0
    label_smoothing: float = 0.1
    pad: float = 0.1
    flip: bool = True

    def __post_init__(self) -> None:
        for name in ("epochs", "batch"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"recipe {name} is {value!r}; it must be a whole number of at least 1")
        ranges = {
            "lr": (0, 100),
            "momentum": (0, 0.9999),
            "weight_decay": (0, 1),
            "warmup_epochs": (0, self.epochs),
            "label_smoothing": (0, 0.9),
            "pad": (0, 0.5),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not is_number(value) or not low <= value <= high:
                raise ValueError(f"recipe {name} is {value!r}; it must be a number from {low} to {high}")
        if not isinstance(self.flip, bool):
            raise ValueError(f"recipe flip is {self.flip!r}; it must be true or false")


@dataclass(frozen=True)
class Resolved:
    """The numbers a training run uses: these are hashed and stored. `pad` is in pixels, steps are optimiser steps."""

    steps: int
    warmup_steps: int
    batch: int
    lr: float
    momentum: float
    weight_decay: float
    label_smoothing: float
    pad: int
    flip: bool


def resolve(recipe: Recipe, network: Network, pictures: int) -> Resolved:
    """The recipe for one network and a training part of so many pictures.

    Raises ValueError when a batch is larger than the training part.
    """
    if recipe.batch > pictures:
        raise ValueError(f"recipe batch is {recipe.batch}; the training part has only {pictures} pictures")
    steps_an_epoch = pictures // recipe.batch
    return Resolved(
        steps=recipe.epochs * steps_an_epoch,
        warmup_steps=round(recipe.warmup_epochs * steps_an_epoch),
        batch=recipe.batch,
        lr=recipe.lr * recipe.batch / 128,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        label_smoothing=recipe.label_smoothing,
        pad=round(recipe.pad * network.side),
        flip=recipe.flip,
    )
