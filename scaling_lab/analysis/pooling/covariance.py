"""The covariance of the differences of two rules in several settings.

Networks of different settings have different seeds, but those of one data set answer the same test images: other images
would move their differences together. The covariance of two differences is that of their means over seeds by image,
over the number of images (`stats.contrast`). Unrelated images would give 0, so nothing goes wrong if two data sets of
one name have different images.

Few seeds of one network agree by chance, and would have a large weight. So the variance of a seed in one setting is at
least its average with that of all settings, which counts as four degrees of freedom (`stats.noise.PRIOR_FREEDOM`).
"""

import re
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.pooling.differences import NESTED_IMAGES, SettingDifference
from scaling_lab.analysis.stats.contrast import WeightedCells, merge_cells, satterthwaite_freedom, weighted_sum
from scaling_lab.analysis.stats.noise import PRIOR_FREEDOM

Networks = Mapping[tuple[str, ...], tuple[Cell, float]]
"""The networks of a difference with their weights, by the keys of their points."""
_ONLY_TRAINING = re.compile(r", \d+ px|(, )?fraction=[\d.e-]+")


def covariance_of_differences(differences: Sequence[SettingDifference]) -> FloatArray:
    """Return the covariance of differences in different settings due to seeds and test images, shape (k, k)."""
    count = len(differences)
    covariance = np.zeros((count, count))
    by_image = [_mean_by_image(difference.networks) for difference in differences]
    images_of = [name_test_images(difference.setting.dataset) for difference in differences]
    networks = [{cell.keys: (cell, w) for cell, w in merge_cells(difference.networks)} for difference in differences]
    over_images = _covariance_over_images(by_image)
    for i, j in combinations(range(count), 2):
        if images_of[i] == images_of[j]:
            shared = 0.0 if networks[i].keys().isdisjoint(networks[j]) else _shared_seeds(networks[j], networks[i])
            covariance[i, j] = covariance[j, i] = over_images[i, j] + shared
    images = np.array([difference.estimate.images.variance for difference in differences])
    return covariance + np.diag(_smooth_seed_variances(differences) + images)


def name_test_images(dataset: str) -> str:
    """Return a name that is equal for data sets with the same test images, or with the first ones of the other's."""
    name = _ONLY_TRAINING.sub("", dataset).removesuffix("()")
    return NESTED_IMAGES.get(name, name)


def _smooth_seed_variances(differences: Sequence[SettingDifference]) -> FloatArray:
    """Return the variance of each difference due to seeds, at least what all settings' seeds together make likely."""
    terms = [difference.estimate.seeds for difference in differences]
    parts = np.array(
        [sum(w**2 / len(cell.seeds) for cell, w in merge_cells(difference.networks)) for difference in differences]
    )
    freedoms = np.array([satterthwaite_freedom(seed_terms) for seed_terms in terms])
    by_seed = np.array([sum(term.variance for term in seed_terms) for seed_terms in terms]) / parts
    pooled = float(freedoms @ by_seed / freedoms.sum())
    smoothed = (freedoms * by_seed + PRIOR_FREEDOM * pooled) / (freedoms + PRIOR_FREEDOM)
    variances: FloatArray = parts * np.maximum(by_seed, smoothed)
    return variances


def _mean_by_image(networks: WeightedCells) -> FloatArray:
    return weighted_sum((cell.variance_components.by_image, weight) for cell, weight in merge_cells(networks))


def _covariance_over_images(by_image: Sequence[FloatArray]) -> FloatArray:
    """Return the covariance of each two means over images; a shorter array has the first images of a longer one."""
    lengths = np.array([len(values) for values in by_image])
    covariance = np.zeros((len(by_image), len(by_image)))
    for common in np.unique(lengths):
        places = np.flatnonzero(lengths >= common)
        values = np.array([by_image[int(place)][:common] for place in places])
        centered = values - values.mean(axis=1, keepdims=True)
        is_shorter = np.minimum.outer(lengths[places], lengths[places]) == common
        largest = np.maximum.outer(lengths[places], lengths[places])
        covariance[np.ix_(places, places)] += is_shorter * (centered @ centered.T) / (common - 1) / largest
    return covariance


def _shared_seeds(first: Networks, second: Networks) -> float:
    """Return the covariance due to seeds of networks that are part of both differences."""
    shared = [(cell, first[keys][1] * weight) for keys, (cell, weight) in second.items() if keys in first]
    return sum(weight * _beyond_chance(cell) for cell, weight in shared)


def _beyond_chance(cell: Cell) -> float:
    """Return the variance of a mean due to seeds, without chance, which the covariance over images contains."""
    part = cell.variance_components
    return max(0.0, part.variance - part.chance) / part.seed_count
