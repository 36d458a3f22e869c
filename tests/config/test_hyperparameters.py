"""Resolving recipes: the numbers, and errors where a recipe does not suit the network or the images."""

from dataclasses import replace
from typing import Any

import pytest

from scaling_lab.config.hyperparameters import resolve_hyperparameters, with_regularization
from scaling_lab.config.recipe import Recipe
from scaling_lab.networks.families.efficientnet import efficientnet_b0, efficientnet_b0_small
from scaling_lab.networks.families.mobilenet_v1 import mobilenet_v1, mobilenet_v1_small
from scaling_lab.networks.families.resnet import resnet18_small
from scaling_lab.store.keys import canonical_form


def test_resolved_numbers() -> None:
    resolved = resolve_hyperparameters(
        Recipe(epochs=4, batch=64, lr=0.3, warmup_epochs=0.5, pad=0.1), resnet18_small(), 9000
    )
    assert (resolved.steps, resolved.warmup_steps) == (4 * 140, 70)
    assert resolved.lr == pytest.approx(0.15)
    assert resolved.pad == 2


def test_a_batch_larger_than_the_dataset_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"batch is 64; .* 63"):
        resolve_hyperparameters(Recipe(batch=64), resnet18_small(), 63)


def test_a_random_resized_crop_replaces_the_shift() -> None:
    resolved = resolve_hyperparameters(Recipe(crop=0.08, pad=0), resnet18_small(), 9000)
    assert (resolved.crop, resolved.pad) == (0.08, 0)


@pytest.mark.parametrize("field", ["dropout", "drop_path", "magnitude"])
def test_a_growing_value_is_interpolated_in_log_flops_and_constant_beyond_the_ends(field: str) -> None:
    network = resnet18_small()
    flops = 3_254_720

    def at(small: float, large: float) -> float:
        grown = {field: [[small, 0.2], [large, 0.5]], "policy": "randaugment"}
        value = getattr(resolve_hyperparameters(Recipe(**grown), network, 9000), field)
        assert isinstance(value, float)
        return value

    assert at(flops, 10 * flops) == pytest.approx(0.2)
    assert at(flops / 10, flops) == pytest.approx(0.5)
    assert at(flops / 7, flops * 7) == pytest.approx(0.35)
    assert at(2 * flops, 3 * flops) == 0.2
    assert at(flops / 3, flops / 2) == 0.5


@pytest.mark.parametrize(("epochs", "decay"), [(20, 0.99), (40, 0.995), (10, 0.98), (1, 0.8)])
def test_an_ema_decay_spans_the_same_share_of_any_training(epochs: int, decay: float) -> None:
    by = Recipe(epochs=epochs, batch=90, ema=0.99, ema_steps=2000, warmup_epochs=0)
    assert resolve_hyperparameters(by, resnet18_small(), 9000).ema == pytest.approx(decay)


def test_an_ema_decay_is_not_negative_and_not_scaled_without_ema_steps() -> None:
    by = Recipe(epochs=1, batch=90, ema=0.9, ema_steps=100_000, warmup_epochs=0)
    assert resolve_hyperparameters(by, resnet18_small(), 9000).ema == 0
    assert resolve_hyperparameters(replace(by, ema_steps=None), resnet18_small(), 9000).ema == 0.9
    assert resolve_hyperparameters(replace(by, ema=0.0), resnet18_small(), 9000).ema == 0


def test_the_staircase_is_counted_in_steps() -> None:
    by = Recipe(epochs=10, batch=90, schedule="staircase", decay_rate=0.5, decay_epochs=2.4)
    resolved = resolve_hyperparameters(by, resnet18_small(), 9000)
    assert (resolved.schedule, resolved.decay_rate, resolved.decay_steps) == ("staircase", 0.5, 240)


def test_stochastic_depth_without_residual_branches_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"recipe drop_path is 0\.2; .* residual"):
        resolve_hyperparameters(Recipe(drop_path=0.2), mobilenet_v1_small(), 9000)
    assert resolve_hyperparameters(Recipe(drop_path=0.0), mobilenet_v1_small(), 9000).drop_path == 0
    assert resolve_hyperparameters(Recipe(drop_path=0.2), efficientnet_b0_small(), 9000).drop_path == 0.2


@pytest.mark.parametrize("policy", ["autoaugment", "randaugment"])
def test_policies_for_colours_are_an_error_for_grey_images(policy: Any) -> None:
    grey = replace(resnet18_small(), channels=1)
    with pytest.raises(ValueError, match=f"recipe policy is {policy}; .* 3 channels.* 1"):
        resolve_hyperparameters(Recipe(policy=policy), grey, 9000)
    assert resolve_hyperparameters(Recipe(policy=policy), resnet18_small(), 9000).policy == policy


def test_a_border_of_more_than_half_of_the_side_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"recipe eval_border is 11 px; .* 20 px"):
        resolve_hyperparameters(Recipe(eval_border=11), resnet18_small(), 9000)
    assert resolve_hyperparameters(Recipe(eval_border=10), resnet18_small(), 9000).eval_border == 10


def test_rates_of_the_recipe_replace_those_of_the_network_and_null_keeps_them() -> None:
    network = efficientnet_b0()
    own = with_regularization(network, resolve_hyperparameters(Recipe(batch=1), network, 9000))
    assert own == network
    other = with_regularization(
        network, resolve_hyperparameters(Recipe(batch=1, dropout=0.4, drop_path=0), network, 9000)
    )
    assert (other.head.dropout, other.drop_path) == (0.4, 0)
    assert replace(other, head=network.head, drop_path=network.drop_path) == network


@pytest.mark.parametrize(
    ("changes", "absent"),
    [
        ({"square_decay": 0.5, "eps": 0.1}, {"square_decay", "eps"}),
        ({"optimizer": "adamw", "nesterov": False}, {"nesterov"}),
        ({"decay_rate": 0.5, "decay_epochs": 9}, {"decay_rate", "decay_steps"}),
        ({"operations": 5, "magnitude": 1}, {"operations", "magnitude"}),
        ({"policy": "autoaugment", "operations": 5}, {"operations", "magnitude"}),
        ({"ema_steps": 100}, {"ema"}),
        ({"lr": 0.2, "lr_batch": 256}, set()),
    ],
)
def test_unused_settings_change_no_key(changes: dict[str, Any], absent: set[str]) -> None:
    form = canonical_form(resolve_hyperparameters(Recipe(**changes), mobilenet_v1(), 9000))
    assert not absent & set(form)
    unused = {name: value for name, value in changes.items() if name in ("optimizer", "policy")}
    assert form == canonical_form(resolve_hyperparameters(Recipe(**unused), mobilenet_v1(), 9000))


@pytest.mark.parametrize(
    ("settings", "name", "expected"),
    [
        ({"momentum": 0.5}, "momentum", 0.5),
        ({"nesterov": False}, "nesterov", False),
        ({"mixup": 0.3, "cutmix": 0.4}, "mixup", 0.3),
        ({"mixup": 0.3, "cutmix": 0.4}, "cutmix", 0.4),
        ({"erase": 0.2}, "erase", 0.2),
        ({"eval_border": 4}, "eval_border", 4),
        ({"pad": 0.17}, "pad", 3),
        ({"pad": 0.19}, "pad", 4),
        ({"warmup_epochs": 0.53}, "warmup_steps", 5),
        ({"warmup_epochs": 0.57}, "warmup_steps", 6),
        ({"weight_decay": 0.003}, "weight_decay", 0.003),
        ({"label_smoothing": 0.2}, "label_smoothing", 0.2),
        ({"flip": False}, "flip", False),
    ],
)
def test_settings_become_hyperparameters(settings: dict[str, object], name: str, expected: object) -> None:
    """Ten steps per epoch, a side of 20 px."""
    recipe = Recipe(**{"batch": 64} | settings)  # type: ignore[arg-type]
    assert getattr(resolve_hyperparameters(recipe, resnet18_small(), 640), name) == expected
