"""The numbers of one training run, resolved from a recipe and a network. No torch."""

from dataclasses import dataclass, replace
from math import log

from scaling_lab.config.recipe import DecayedWeights, GrowingValue, OptimizerName, PolicyName, Recipe, ScheduleName
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.layers import Chain, DropPath, Layer, Residual
from scaling_lab.networks.module_network import AnyNetwork, ModuleNetwork
from scaling_lab.networks.network import Network
from scaling_lab.networks.tags import tagged

RGB_CHANNELS = 3


@tagged("Resolved")
@dataclass(frozen=True)
class Hyperparameters:
    """The numbers that a training run uses, which are part of its key. The names are those of `Recipe`.

    Values that the optimizer, schedule or policy does not use stay at their default, and defaults are left out of the
    canonical form.

    Attributes:
        steps: Optimizer steps of the training.
        warmup_steps: Optimizer steps of the warm-up.
        decay_steps: Optimizer steps between two decays of the staircase; may have a fraction.
        lr: Peak learning rate.
        pad: Largest shift of the random crop in pixels.
        eval_border: Pixels cropped in evaluation.
        crop: Smallest area of a random resized crop; 0 for none.
        dropout: None keeps the network's own rate. Likewise `drop_path`.
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


def resolve_hyperparameters(recipe: Recipe, network: AnyNetwork, images: int) -> Hyperparameters:
    """Return the hyperparameters of a recipe for one network.

    Args:
        images: Number of training images.

    Raises:
        ValueError: The batch is larger than the training part, a policy for colours meets images with another number of
            channels, `eval_border` is more than half of the side, or `drop_path` is set for a network without
            residual branches.
    """
    _check_recipe(recipe, network, images)
    steps_per_epoch = images // recipe.batch
    steps, flops = recipe.epochs * steps_per_epoch, network_cost(network).flops
    hyperparameters = Hyperparameters(
        steps=steps,
        warmup_steps=round(recipe.warmup_epochs * steps_per_epoch),
        batch=recipe.batch,
        lr=recipe.lr * recipe.batch / recipe.lr_batch,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
        label_smoothing=recipe.label_smoothing,
        pad=round(recipe.pad * network.side),
        flip=recipe.flip,
        decayed=recipe.decayed,
        ema=_scale_ema_decay(recipe, steps),
        crop=recipe.crop or 0.0,
        erase=recipe.erase,
        mixup=recipe.mixup,
        cutmix=recipe.cutmix,
        eval_border=recipe.eval_border,
        dropout=_value_at(recipe.dropout, flops),
        drop_path=_value_at(recipe.drop_path, flops),
    )
    _check_regularization(hyperparameters, network)
    return _with_policy(
        _with_schedule(_with_optimizer(hyperparameters, recipe), recipe, steps_per_epoch), recipe, flops
    )


def _check_regularization(recipe: Hyperparameters, network: AnyNetwork) -> None:
    if isinstance(network, ModuleNetwork):
        for name in ("dropout", "drop_path"):
            if (rate := getattr(recipe, name)) and not network.factory.accepts(name):
                raise ValueError(
                    f"recipe {name} is {rate:g}; must be 0 or null, because the factory {network.factory.name} has no "
                    f"parameter {name}"
                )
    elif recipe.drop_path and not any(_has_drop_path(part) for part in _regularized(network, recipe).layers()):
        raise ValueError(f"recipe drop_path is {recipe.drop_path:g}; must be 0 for a network without residual branches")


def with_regularization(network: AnyNetwork, recipe: Hyperparameters) -> AnyNetwork:
    """Return the network with the dropout and stochastic depth of the hyperparameters, where they set any."""
    if isinstance(network, ModuleNetwork):
        return replace(network, dropout=recipe.dropout, drop_path=recipe.drop_path)
    return _regularized(network, recipe)


def _regularized(network: Network, recipe: Hyperparameters) -> Network:
    if recipe.dropout is not None:
        network = replace(network, head=replace(network.head, dropout=recipe.dropout))
    return network if recipe.drop_path is None else replace(network, drop_path=recipe.drop_path)


def _check_recipe(recipe: Recipe, network: AnyNetwork, images: int) -> None:
    if recipe.batch > images:
        raise ValueError(f"recipe batch is {recipe.batch}; must be at most {images}, the number of training images")
    if recipe.policy != "none" and network.channels != RGB_CHANNELS:
        raise ValueError(
            f"recipe policy is {recipe.policy}; needs images of {RGB_CHANNELS} channels, these have {network.channels}"
        )
    if 2 * recipe.eval_border > network.side:
        raise ValueError(
            f"recipe eval_border is {recipe.eval_border} px; must be at most half of the side of {network.side} px"
        )


def _with_optimizer(hyperparameters: Hyperparameters, recipe: Recipe) -> Hyperparameters:
    if recipe.optimizer == "sgd":
        return replace(hyperparameters, nesterov=recipe.nesterov)
    return replace(hyperparameters, optimizer=recipe.optimizer, square_decay=recipe.square_decay, eps=recipe.eps)


def _with_schedule(hyperparameters: Hyperparameters, recipe: Recipe, steps_per_epoch: int) -> Hyperparameters:
    if recipe.schedule == "cosine":
        return hyperparameters
    decay_steps = recipe.decay_epochs * steps_per_epoch
    return replace(hyperparameters, schedule=recipe.schedule, decay_rate=recipe.decay_rate, decay_steps=decay_steps)


def _with_policy(hyperparameters: Hyperparameters, recipe: Recipe, flops: int) -> Hyperparameters:
    if recipe.policy != "randaugment":
        return replace(hyperparameters, policy=recipe.policy)
    magnitude = _value_at(recipe.magnitude, flops) or 0.0
    return replace(hyperparameters, policy=recipe.policy, operations=recipe.operations, magnitude=magnitude)


def _scale_ema_decay(recipe: Recipe, steps: int) -> float:
    """Return the EMA decay whose horizon, 1 / (1 - decay), is the same share of these steps as of `ema_steps`."""
    if not recipe.ema or recipe.ema_steps is None:
        return recipe.ema
    return max(0.0, 1 - (1 - recipe.ema) * recipe.ema_steps / steps)


def _value_at(value: GrowingValue, flops: int) -> float | None:
    """Return the value at a number of FLOPs (multiply-adds)."""
    if not isinstance(value, tuple):
        return value
    (small, low), (large, high) = value
    share = (log(flops) - log(small)) / (log(large) - log(small))
    return low + (high - low) * min(1.0, max(0.0, share))


def _has_drop_path(layer: Layer) -> bool:
    match layer:
        case DropPath():
            return True
        case Chain():
            return any(_has_drop_path(part) for part in layer.layers)
        case Residual():
            return any(_has_drop_path(part) for part in (*layer.body, *layer.shortcut))
        case _:
            return False
