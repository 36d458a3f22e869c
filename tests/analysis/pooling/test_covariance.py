"""The covariance of differences against repeated studies, and which data sets share images."""

from collections import namedtuple

import numpy as np
import pytest

from scaling_lab.analysis.pooling.covariance import covariance_of_differences, name_test_images
from scaling_lab.analysis.pooling.differences import SettingDifference
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import estimate_contrast

SEEDS, IMAGES = 4, 300
Drawn = namedtuple("Drawn", "values covariance")


def difference(networks, family, dataset="images"):
    estimate = estimate_contrast(networks)
    return SettingDifference(Setting(family, dataset, "r", "fitted", 1.0), 2.0, estimate.value, estimate, networks, 0.8)


def draw(make_cell, rng, shared_images):
    """Differences of rules a and b in two families, whose images favour rule a in both or in each on its own."""
    differences = []
    favour = rng.normal(0, 1.5, IMAGES)
    for family in "xy":
        images = favour if shared_images else rng.normal(0, 1.5, IMAGES)
        networks = []
        for rule, sign in (("a", 1.0), ("b", -1.0)):
            threshold = 0.5 + sign * images / 2 + rng.normal(0, 0.1, (SEEDS, 1))
            bits = rng.normal(0, 1, (SEEDS, IMAGES)) < threshold
            networks.append((make_cell(bits, f"{family}{rule}"), sign))
        differences.append(difference(networks, family))
    return Drawn(
        [setting_difference.value for setting_difference in differences], covariance_of_differences(differences)
    )


@pytest.mark.parametrize("shared_images", [True, False])
def test_the_covariance_is_that_of_repeated_studies(make_cell, shared_images):
    rng = np.random.default_rng(5)
    drawn = [draw(make_cell, rng, shared_images) for _ in range(400)]
    observed = np.cov(np.array([study.values for study in drawn]).T)
    expected = np.mean([study.covariance for study in drawn], axis=0)
    assert np.diag(expected) == pytest.approx(np.diag(observed), rel=0.2)
    correlation, measured = (matrix[0, 1] / np.sqrt(matrix[0, 0] * matrix[1, 1]) for matrix in (expected, observed))
    assert correlation == pytest.approx(measured, abs=0.1)
    assert (correlation > 0.4) == shared_images


def test_other_data_sets_are_independent_and_nested_ones_are_not(make_cell):
    rng = np.random.default_rng(0)
    bits = [rng.random((3, 200)) < 0.5 + 0.3 * rng.choice([-1, 1], 200) for _ in range(2)]
    complete = [(make_cell(bits[0], "a"), 1.0), (make_cell(bits[1], "b"), -1.0)]
    part = [(make_cell(answers[:, :50], name), sign) for answers, name, sign in zip(bits, "cd", (1, -1), strict=True)]
    apart = covariance_of_differences([difference(complete, "x"), difference(part, "x", "others")])
    assert apart[0, 1] == 0
    nested = covariance_of_differences(
        [difference(complete, "x", "fashion_mnist_10k"), difference(part, "y", "fashion_mnist")]
    )
    means = [bits[0].mean(axis=0) - bits[1].mean(axis=0)] * 2
    assert nested[0, 1] == pytest.approx(np.cov(means[0][:50], means[1][:50])[0, 1] / 200)
    assert nested.diagonal() == pytest.approx(apart.diagonal())


def test_a_network_that_two_differences_share_makes_them_correlated(make_cell):
    rng = np.random.default_rng(1)
    levels = np.array([[0.9], [0.7], [0.8]])  # seeds differ by far more than chance
    cells = {name: make_cell(rng.random((3, 400)) < levels, name) for name in "abc"}
    first, second = ([(cells["a"], 1.0), (cells[other], -1.0)] for other in "bc")
    covariance = covariance_of_differences([difference(first, "x"), difference(second, "y")])
    assert covariance[0, 1] == pytest.approx(cells["a"].variance_components.variance / 3, rel=0.1)
    assert np.linalg.eigvalsh(covariance).min() > 0


def test_few_seeds_that_agree_by_chance_borrow_from_other_settings(make_cell):
    rng = np.random.default_rng(2)
    quiet = np.array([[0.8], [0.8], [0.8]])
    loud = np.array([[0.9], [0.6], [0.8], [0.7], [0.95], [0.65]])
    pairs = {}
    for name, levels in (("quiet", quiet), ("loud", loud)):
        cells = [make_cell(rng.random((len(levels), 400)) < levels, f"{name}{place}") for place in range(2)]
        pairs[name] = difference([(cells[0], 1.0), (cells[1], -1.0)], name, name)
    alone = {name: pair.estimate.standard_error**2 for name, pair in pairs.items()}
    quiet_variance, loud_variance = np.diag(covariance_of_differences(list(pairs.values())))
    assert quiet_variance > 2 * alone["quiet"]
    assert loud_variance == pytest.approx(alone["loud"])


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("cifar10", "cifar10", True),
        ("cifar10", "cifar10(fraction=0.5)", True),
        ("image_folder(flowers)", "image_folder(flowers, 24 px, fraction=0.1)", True),
        ("image_folder(flowers)", "image_folder(cifar10)", False),
        ("fashion_mnist", "fashion_mnist_10k", True),
        ("fashion_mnist", "cifar10", False),
    ],
)
def test_data_sets_with_the_same_test_images(first, second, same):
    assert (name_test_images(first) == name_test_images(second)) == same
