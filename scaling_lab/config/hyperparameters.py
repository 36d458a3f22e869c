"""A recipe and a network to the numbers that a training run uses. No torch."""

from dataclasses import dataclass, replace
from math import log

from scaling_lab.config.recipe import DecayedWeights, GrowingValue, OptimizerName, PolicyName, Recipe, ScheduleName
from scaling_lab.networks.costs.cost import cost
from scaling_lab.networks.layers import Chain, DropPath, Layer, Residual
from scaling_lab.networks.network import Network
from scaling_lab.networks.tags import tagged

RGB_CHANNELS = 3


@tagged("Resolved")
@dataclass(frozen=True)
class Hyperparameters:
    """The numbers a training run uses: these are hashed and stored. Names as in `Recipe`.

    steps are optimiser steps, those of a stair may be a fraction; `pad` and `eval_border` are pixels, `crop` the
    smallest area, 0 for none. What an optimiser, schedule or policy does not use stays at its default here, and
    defaults are left out of the canonical form. dropout and drop_path are None where the network keeps its own.
    """

    steps: int
    warmup_steps: int
    batch: int
    lr: float
    momentum: float
    weight_decay: float
    label_smoothing: float
    pad: int
    flip: bool
    optimizer: OptimizerName = "sgd"
    nesterov: bool = True
    square_decay: float = 0.0
    eps: float = 0.0
    decayed: DecayedWeights = "weights"
    schedule: ScheduleName = "cosine"
    decay_rate: float = 1.0
    decay_steps: float = 0.0
    ema: float = 0.0
    crop: float = 0.0
    policy: PolicyName = "none"
    operations: int = 0
    magnitude: float = 0.0
    erase: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    eval_border: int = 0
    dropout: float | None = None
    drop_path: float | None = None


def resolve_hyperparameters(recipe: Recipe, network: Network, pictures: int) -> Hyperparameters:
    """The recipe for one network and a training part of so many pictures.

    Raises ValueError when a batch is larger than the training part, when a policy of colours meets pictures without,
    when the border cut off in evaluation is more than half of the side, and when stochastic depth is asked of a network
    that has no branch to drop.
    """
    _refuse_what_does_not_suit(recipe, network, pictures)
    steps_an_epoch = pictures // recipe.batch
    steps, flops = recipe.epochs * steps_an_epoch, cost(network).flops
    found = Hyperparameters(
        steps=steps,
        warmup_steps=round(recipe.warmup_epochs * steps_an_epoch),
        batch=recipe.batch,
        lr=recipe.lr * recipe.batch / recipe.lr_batch,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        label_smoothing=recipe.label_smoothing,
        pad=round(recipe.pad * network.side),
        flip=recipe.flip,
        decayed=recipe.decayed,
        ema=_stretched(recipe, steps),
        crop=recipe.crop or 0.0,
        erase=recipe.erase,
        mixup=recipe.mixup,
        cutmix=recipe.cutmix,
        eval_border=recipe.eval_border,
        dropout=_at(recipe.dropout, flops),
        drop_path=_at(recipe.drop_path, flops),
    )
    if found.drop_path and not any(_drops(layer) for layer in with_regularization(network, found).layers()):
        raise ValueError(f"recipe drop_path is {found.drop_path:g}; the network has no residual branch to drop")
    return _with_policy(_with_schedule(_with_optimizer(found, recipe), recipe, steps_an_epoch), recipe, flops)


def with_regularization(network: Network, recipe: Hyperparameters) -> Network:
    """The network with the recipe's dropout and stochastic depth in place of its own, where the recipe says any."""
    if recipe.dropout is not None:
        network = replace(network, head=replace(network.head, dropout=recipe.dropout))
    return network if recipe.drop_path is None else replace(network, drop_path=recipe.drop_path)


def _refuse_what_does_not_suit(recipe: Recipe, network: Network, pictures: int) -> None:
    if recipe.batch > pictures:
        raise ValueError(f"recipe batch is {recipe.batch}; the training part has only {pictures} pictures")
    if recipe.policy != "none" and network.channels != RGB_CHANNELS:
        raise ValueError(
            f"recipe policy is {recipe.policy}, for {RGB_CHANNELS} channels; the pictures have {network.channels}"
        )
    if 2 * recipe.eval_border > network.side:
        raise ValueError(
            f"recipe eval_border is {recipe.eval_border} px; it must be at most half of the network's {network.side} px"
        )


def _with_optimizer(found: Hyperparameters, recipe: Recipe) -> Hyperparameters:
    if recipe.optimizer == "sgd":
        return replace(found, nesterov=recipe.nesterov)
    return replace(found, optimizer=recipe.optimizer, square_decay=recipe.square_decay, eps=recipe.eps)


def _with_schedule(found: Hyperparameters, recipe: Recipe, steps_an_epoch: int) -> Hyperparameters:
    if recipe.schedule == "cosine":
        return found
    stair = recipe.decay_epochs * steps_an_epoch
    return replace(found, schedule=recipe.schedule, decay_rate=recipe.decay_rate, decay_steps=stair)


def _with_policy(found: Hyperparameters, recipe: Recipe, flops: int) -> Hyperparameters:
    if recipe.policy != "randaugment":
        return replace(found, policy=recipe.policy)
    magnitude = _at(recipe.magnitude, flops) or 0.0
    return replace(found, policy=recipe.policy, operations=recipe.operations, magnitude=magnitude)


def _stretched(recipe: Recipe, steps: int) -> float:
    """The decay whose horizon, 1 / (1 - decay), is the same share of these steps as of `ema_steps`."""
    if not recipe.ema or recipe.ema_steps is None:
        return recipe.ema
    return max(0.0, 1 - (1 - recipe.ema) * recipe.ema_steps / steps)


def _at(value: GrowingValue, flops: int) -> float | None:
    """The value at so many FLOPs."""
    if not isinstance(value, tuple):
        return value
    (small, low), (large, high) = value
    share = (log(flops) - log(small)) / (log(large) - log(small))
    return low + (high - low) * min(1.0, max(0.0, share))


def _drops(layer: Layer) -> bool:
    match layer:
        case DropPath():
            return True
        case Chain():
            return any(_drops(part) for part in layer.layers)
        case Residual():
            return any(_drops(part) for part in (*layer.body, *layer.shortcut))
        case _:
            return False
