"""The smallest decided difference against repeated t tests, and the assumed noise against the committed study."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ttest_ind

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.load import read_results_folder
from scaling_lab.analysis.stats.contrast import estimate_contrast, seed_variance
from scaling_lab.analysis.stats.planned_power import LOUD_NOISE, QUIET_NOISE, AssumedNoise, smallest_decided

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("seeds", "pairs"), [(5, 1), (5, 6), (12, 3)])
def test_four_of_five_t_tests_decide_the_smallest_decided_difference(seeds: int, pairs: int) -> None:
    noise = AssumedNoise(seed_deviation=0.004, by_image=0.0)
    difference = smallest_decided(seeds, 10_000, pairs, 5, noise)
    draws = np.random.default_rng(0).normal(0, 0.004, (2, seeds, 20_000))
    p = ttest_ind(draws[0] + difference, draws[1]).pvalue
    assert np.mean(p < 0.8 * 0.05 / pairs) == pytest.approx(0.8, abs=0.04)


def test_more_seeds_images_and_fewer_pairs_decide_smaller_differences() -> None:
    shapes = [(3, 10_000, 6), (4, 10_000, 6), (5, 10_000, 6)], [(9, 2_000, 6), (9, 10_000, 6), (9, 10_000, 3)]
    for falling in shapes:
        differences = [smallest_decided(*shape, 5, QUIET_NOISE) for shape in falling]
        assert differences == sorted(differences, reverse=True)
        assert len(set(differences)) == len(differences)


@pytest.mark.parametrize(("study", "noise"), [("rules-reference", QUIET_NOISE), ("cifar10-baselines", LOUD_NOISE)])
def test_the_assumed_noise_is_that_of_a_committed_study(study: str, noise: AssumedNoise) -> None:
    evidence = collect_evidence(read_results_folder(ROOT / "results" / study).table)
    cells = list({id(arm.cell): arm.cell for arm in evidence.arms if arm.cell and arm.setting.lr_times == 1}.values())
    variances = [seed_variance(cell.variance_components).variance for cell in cells]
    estimates = [estimate_contrast([(cell, 1.0), (other, -1.0)]) for cell, other in combinations(cells, 2)]
    by_image = [estimate.images.variance * estimate.image_count for estimate in estimates if estimate]
    assert noise.seed_deviation == pytest.approx(float(np.mean(variances)) ** 0.5, rel=0.05)
    assert noise.by_image == pytest.approx(float(np.mean(by_image)), rel=0.1)
