"""Whether a result is above chance, against scipy's binomial distribution."""

from dataclasses import replace
from typing import Any

import pytest
from scipy.stats import binom

from scaling_lab.store.chance import LEVEL, binomial_tail, exceeds_chance


@pytest.mark.parametrize(("images", "chance"), [(20, 1 / 3), (1000, 0.1), (10_000, 0.01), (50_000, 0.001), (300, 0.9)])
def test_the_tail_is_that_of_scipy(images: int, chance: float) -> None:
    mean, deviation = images * chance, (images * chance * (1 - chance)) ** 0.5
    for above in (0.5, 2, 4, 8):
        correct = min(images, int(mean + above * deviation) + 1)
        assert binomial_tail(correct, images, chance) == pytest.approx(binom.sf(correct - 1, images, chance), rel=1e-9)


@pytest.mark.parametrize("chance", [0.1, 0.25])
def test_the_level_divides(chance: float) -> None:
    least = int(binom.isf(LEVEL, 2000, chance)) + 1  # the smallest count whose tail is below the level
    assert exceeds_chance(least, 2000, chance)
    assert not exceeds_chance(least - 1, 2000, chance)
    assert not exceeds_chance(0, 2000, chance)
    assert not exceeds_chance(2000, 2000, 1.0)


def test_a_result_knows_chance_from_its_classes_or_from_its_test_labels(quick: Any) -> None:
    result = next(iter(quick.results.values()))
    assert result.learned is None  # neither is recorded
    tenth = replace(result, test_accuracy=0.1, held_out_accuracy=0.1)
    assert replace(tenth, point={"network": {"classes": 10}}).learned is False
    assert replace(tenth, point={"network": {}}).learned is True  # 1000 classes, the default
    half = replace(result, test_accuracy=0.5, point={"network": {"classes": 10}})
    assert half.learned is True
    assert replace(half, chance=0.5).learned is False  # as good as the most frequent class


def test_images_per_second_are_those_of_the_training(quick: Any) -> None:
    result = next(iter(quick.results.values()))
    assert result.images_per_second is None
    point = {"recipe": {"steps": 30, "batch": 8}}
    assert replace(result, point=point, train_seconds=2.0).images_per_second == 120
