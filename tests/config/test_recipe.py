"""Validation of recipes: one-line errors that name the field."""

from typing import Any

import pytest

from scaling_lab.config.recipe import Recipe
from scaling_lab.config.registry import read_yaml

WRONG: dict[str, list[Any]] = {
    "epochs": [0, -1, 1.5, None, True, 100_001, 10**400],
    "batch": [0, True, "64", 1_000_001],
    "lr": [float("nan"), 0, -1, 101, None, 10**400],
    "lr_batch": [0, 1.5, 1_000_001],
    "optimizer": ["adam", None, 1, ["sgd"]],
    "momentum": [1, -0.1],
    "nesterov": [1, None],
    "square_decay": [1, -0.1, "0.9"],
    "eps": [0, 1.1],
    "weight_decay": [-1e-5, 1.1],
    "decayed": ["norms", True],
    "schedule": ["linear", None],
    "warmup_epochs": [6, -1],
    "decay_rate": [1.1, -0.1],
    "decay_epochs": [0, float("inf")],
    "ema": [1, -0.1],
    "ema_steps": [0, 1.5, True, 10**10],
    "label_smoothing": ["0.1", 0.95],
    "pad": [-0.1, 0.6],
    "crop": [0, 1.1, "0.08"],
    "flip": [1, None],
    "policy": ["trivial", None],
    "operations": [0, 1.5],
    "magnitude": [
        -1,
        11,
        None,
        "9",
        [9, 10],
        [[1e6, 1]],
        [[1e6, 1], [1e7, 11]],
        [[1e7, 1], [1e6, 2]],
        [[0, 1], [1, 2]],
    ],
    "erase": [-0.1, 1.1],
    "mixup": [-0.1, 11],
    "cutmix": [-0.1, float("nan")],
    "eval_border": [-1, 1.5],
    "dropout": [1, -0.1, [[1e6, 0.1], [1e6, 0.2]], [[True, 0.1], [1e6, 0.2]], [[1e5, 0.1], [1e6, 1]]],
    "drop_path": [1, "0.2", [[1e6, None], [1e7, 0.2]], [[1e6, 0.1, 0], [1e7, 0.2, 0]]],
}


def test_every_field_has_wrong_values_in_this_file() -> None:
    assert set(WRONG) == set(read_yaml("recipe", "efficientnet")) - {"_target_"}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
def test_values_out_of_range_are_one_line_errors_that_name_the_field(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^recipe {field} is") as refused:
        Recipe(**{field: value})
    assert "must be" in str(refused.value) or "its FLOPs must" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_pad_and_crop_exclude_one_another() -> None:
    with pytest.raises(ValueError, match=r"recipe pad is 0\.1 and crop is 0\.08"):
        Recipe(crop=0.08)
