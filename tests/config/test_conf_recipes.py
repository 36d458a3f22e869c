"""The recipes in conf/recipe: the numbers of their sources, and the images that they suit."""

from dataclasses import replace
from itertools import pairwise
from math import isfinite, sqrt
from typing import Any

import pytest

from scaling_lab.config.hyperparameters import Hyperparameters, resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.config.registry import build_value, list_names, read_yaml
from scaling_lab.networks.families.efficientnet import efficientnet_b0
from scaling_lab.networks.families.mobilenet_v1 import mobilenet_v1_small
from scaling_lab.networks.families.resnet import resnet18_small, resnet50
from scaling_lab.networks.network import Network
from scaling_lab.store.keys import canonical_form

IMAGENET, MINIVAL = 1_281_167, 25_022
B0, B7 = 385_814_752, 37_745_884_192


def recipe(name: str, **changes: Any) -> Recipe:
    made = build_value("recipe", read_yaml("recipe", name) | changes, name)
    assert isinstance(made, Recipe)
    return made


def family(name: str) -> Network:
    made = build_value("family", read_yaml("family", name), name)
    assert isinstance(made, Network)
    return made


def test_dropout_of_efficientnet_is_the_papers_at_both_ends_and_the_mean_at_the_geometric_mean() -> None:
    """The code's table has 0.4 for B4 and B5, on both sides of it."""
    by = recipe("efficientnet")
    rates = {n: resolve_hyperparameters(by, family(f"efficientnet_b{n}"), IMAGENET).dropout for n in range(8)}
    assert (rates[0], rates[7]) == (pytest.approx(0.2), pytest.approx(0.5))
    assert all(a < b for a, b in pairwise(rates.values()) if a is not None and b is not None)
    middle = replace(by, dropout=((B0**2 / sqrt(B0 * B7), 0.2), (sqrt(B0 * B7), 0.5)))
    assert resolve_hyperparameters(middle, efficientnet_b0(), IMAGENET).dropout == pytest.approx(0.35)


def test_efficientnet_on_imagenet_without_minival() -> None:
    """Computed by hand: 306 full batches of 4096 in 1,256,145 images, 350 epochs."""
    assert resolve_hyperparameters(recipe("efficientnet"), efficientnet_b0(), IMAGENET - MINIVAL) == Hyperparameters(
        steps=107_100,
        warmup_steps=1530,
        batch=4096,
        lr=0.256,
        momentum=0.9,
        weight_decay=1e-5,
        label_smoothing=0.1,
        pad=0,
        flip=True,
        optimizer="rmsprop",
        square_decay=0.9,
        eps=0.001,
        decayed="no_norms",
        schedule="staircase",
        decay_rate=0.97,
        decay_steps=734.4,
        ema=0.9999,
        crop=0.08,
        policy="autoaugment",
        eval_border=32,
        dropout=0.2,
        drop_path=0.2,
    )


@pytest.mark.parametrize(("batch", "lr"), [(256, 0.016), (2048, 0.128)])
def test_learning_rate_of_efficientnet_at_another_batch_equals_its_code(batch: int, lr: float) -> None:
    assert resolve_hyperparameters(
        recipe("efficientnet", batch=batch), efficientnet_b0(), IMAGENET
    ).lr == pytest.approx(lr)


def test_learning_rate_of_resnet_is_divided_twice() -> None:
    resolved = resolve_hyperparameters(recipe("resnet"), resnet50(), IMAGENET)
    assert (resolved.lr, resolved.steps, resolved.decay_steps) == (0.1, 90 * 5004, 30 * 5004)


def test_stochastic_depth_of_the_modern_recipe_is_within_convnexts_range() -> None:
    """T 0.1, S 0.4, B 0.5, L 0.5 in the paper."""
    by = recipe("modern")
    rates = {
        name: resolve_hyperparameters(by, family(name), IMAGENET).drop_path
        for name in ("efficientnet_b0", "efficientnet_v2_s")
    }
    assert rates["efficientnet_b0"] == 0.1
    assert 0.25 < (rates["efficientnet_v2_s"] or 0) < 0.4
    assert resolve_hyperparameters(by, resnet50(), IMAGENET).ema == pytest.approx(0.9999)


@pytest.mark.parametrize("name", list_names("recipe"))
def test_a_recipe_suits_its_images(name: str) -> None:
    """Recipes that crop a border in evaluation are for ImageNet's sides."""
    by = recipe(name)
    network, pictures = (resnet50(), IMAGENET) if by.eval_border else (replace(resnet18_small(), side=32), 45_000)
    resolved = resolve_hyperparameters(by, network, pictures)
    assert resolved.steps > 100
    assert all(isfinite(value) for value in vars(resolved).values() if isinstance(value, int | float))


@pytest.mark.parametrize("name", list_names("recipe"))
def test_a_recipe_unsuited_to_the_embedded_grey_images_is_a_one_line_error(name: str) -> None:
    by = recipe(name)
    grey = replace(resnet18_small(), channels=1)
    if by.policy == "none" and not by.eval_border:
        assert resolve_hyperparameters(by, grey, 9000).steps
    else:
        with pytest.raises(ValueError, match=r"^recipe (policy|eval_border) is [^\n]+$"):
            resolve_hyperparameters(by, grey, 9000)


def test_early_recipes_keep_their_canonical_form() -> None:
    """The form from when recipes had nine fields; every later field is left out at its default."""
    shared = {"is": "Resolved", "batch": 64, "lr": 0.2, "momentum": 0.9, "label_smoothing": 0.1}
    short = {"steps": 700, "warmup_steps": 140, "weight_decay": 0.001, "pad": 0, "flip": False}
    augmented = {"steps": 4200, "warmup_steps": 280, "weight_decay": 0.0005, "pad": 2, "flip": True}
    assert canonical_form(resolve_hyperparameters(recipe("short"), mobilenet_v1_small(), 9000)) == shared | short
    assert (
        canonical_form(resolve_hyperparameters(recipe("augmented"), mobilenet_v1_small(), 9000)) == shared | augmented
    )
