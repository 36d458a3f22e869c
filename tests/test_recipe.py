"""Recipes: refused when wrong, resolved by arithmetic."""

import pytest

from scaling_lab.networks.families.resnet import resnet18_small
from scaling_lab.recipe import Recipe
from scaling_lab.resolved import resolve


def test_resolved_numbers() -> None:
    resolved = resolve(Recipe(epochs=4, batch=64, lr=0.3, warmup_epochs=0.5, pad=0.1), resnet18_small(), 9000)
    assert (resolved.steps, resolved.warmup_steps) == (4 * 140, 70)
    assert resolved.lr == pytest.approx(0.15)
    assert resolved.pad == 2


def test_a_batch_larger_than_the_data_is_refused() -> None:
    with pytest.raises(ValueError, match="batch is 64; the training part has only 63 pictures"):
        resolve(Recipe(batch=64), resnet18_small(), 63)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("epochs", 1.5),
        ("batch", True),
        ("lr", float("nan")),
        ("lr", -1),
        ("momentum", 1),
        ("warmup_epochs", 6),
        ("label_smoothing", "0.1"),
        ("flip", 1),
    ],
)
def test_numbers_outside_their_range_are_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"recipe {field} is"):
        Recipe(**{field: value})  # type: ignore[arg-type]
