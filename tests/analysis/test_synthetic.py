"""Synthetic studies: the known truth is there, and the whole comparison finds it, and nothing else."""

import numpy as np
import pytest
from scipy.stats import binom

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.rule_pairs import compare_pairs
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.synthetic import make_cells, make_study_table
from scaling_lab.analysis.synthetic_answers import BetaNoise, CollapsingSeeds, ProbitNoise

EQUAL = dict.fromkeys("abcd", 0.85)


@pytest.fixture
def rng():
    return np.random.default_rng(2019)


@pytest.mark.parametrize("accuracy", [0.5, 0.85, 0.97])
@pytest.mark.parametrize(
    "noise",
    [
        ProbitNoise(),
        ProbitNoise(seed=0.3, image=1.0, rule=0.0),
        ProbitNoise(cluster=5),
        BetaNoise(),
        BetaNoise(tails=2.5),
    ],
)
def test_accuracy_is_the_true_one(rng, accuracy, noise):
    means = [noise.draw_answers([accuracy], 2, 20_000, rng)[0].mean() for _ in range(60)]
    assert np.mean(means) == pytest.approx(accuracy, abs=4 * np.std(means) / 60**0.5)


@pytest.mark.parametrize("together", [0.0, 0.8])
def test_seeds_go_together_as_synthetic(rng, together):
    answers = ProbitNoise(seed=0.5, correlation=together).draw_answers([0.85, 0.85], 400, 4000, rng)
    assert np.corrcoef(*(right.mean(axis=1) for right in answers))[0, 1] == pytest.approx(together, abs=0.15)


def test_pictures_are_the_same_for_all_networks(rng):
    a, b = (right.mean(axis=0) for right in ProbitNoise(rule=0.0).draw_answers([0.85, 0.85], 20, 4000, rng))
    assert np.corrcoef(a, b)[0, 1] > 0.9


@pytest.mark.parametrize("noise", [ProbitNoise(), BetaNoise()])
def test_defaults_have_the_variances_of_the_committed_results(rng, noise):
    """A, I and B of results/rules-reference: 0.27 points, 0.034, 0.0032."""
    a, b = (cell.variance_components for cell in make_cells({"a": 0.87, "b": 0.87}, 100, 10_000, rng, noise).values())
    interaction = (a.interaction + b.interaction) / 2
    assert interaction == pytest.approx(0.034, rel=0.15)
    assert ((a.variance + b.variance) / 2 - interaction / 10_000) ** 0.5 == pytest.approx(0.0027, rel=0.2)
    assert np.var(a.by_image - b.by_image) - 2 * interaction / 100 == pytest.approx(0.0032, rel=0.25)


@pytest.mark.parametrize("noise", [ProbitNoise(cluster=4), BetaNoise(cluster=4)])
def test_images_of_a_cluster_are_alike(rng, noise):
    by_image = noise.draw_answers([0.8], 50, 1000, rng)[0].mean(axis=0).reshape(-1, 4)
    assert by_image.std(axis=1).mean() < 0.3 * by_image.std()


def test_collapsed_seeds_and_their_accuracy(rng):
    noise = CollapsingSeeds(ProbitNoise(), rate=0.25, accuracy=0.1, networks=1)
    a, b = (correct.mean(axis=1) for correct in noise.draw_answers([0.85, 0.85], 1000, 200, rng))
    assert (a < 0.5).mean() == pytest.approx(0.25, abs=0.06)
    assert a[a < 0.5].mean() == pytest.approx(0.1, abs=0.01)
    assert b.min() > 0.5


def test_heavy_tails_and_a_loud_network(rng):
    heavy, normal = (
        BetaNoise(seed=0.004, tails=tails).draw_answers([0.85], 1000, 2000, rng)[0].mean(axis=1)
        for tails in (2.5, None)
    )
    spread = [np.ptp(values) / np.subtract(*np.quantile(values, [0.75, 0.25])) for values in (heavy, normal)]
    assert spread[0] > 1.3 * spread[1]
    loud, usual = ProbitNoise(first_seed=0.3).draw_answers([0.85, 0.85], 100, 2000, rng)
    assert loud.mean(axis=1).std() > 2 * usual.mean(axis=1).std()


def test_a_known_winner_a_known_tie_and_known_differences(rng):
    truth = {("a", 2.0): 0.90, ("b", 2.0): 0.87, ("c", 2.0): 0.87, ("a", 1.0): 0.85, ("b", 1.0): 0.85}
    table = make_study_table(truth, 8, 10_000, rng)
    (comparison,) = compare_rules(collect_evidence(table))
    apart = {(pair.first, pair.second): pair.difference for pair in comparison.pairs if pair.is_significant}
    assert apart == {("a", "b"): pytest.approx(0.03, abs=0.01), ("a", "c"): pytest.approx(0.03, abs=0.01)}


def test_rules_share_the_baseline(rng):
    table = make_study_table({("a", 1.0): 0.85, ("b", 1.0): 0.85}, 3, 100, rng)
    assert table["key"].nunique() == 3
    with pytest.raises(ValueError, match="1x"):
        make_study_table({("a", 1.0): 0.85, ("b", 1.0): 0.86}, 3, 100, rng)


def holds(seeds, pictures, noise, studies, rng):
    """How many of the studies have an interval that holds the true difference."""
    count = 0
    for _ in range(studies):
        pair = make_cells({"a": 0.86, "b": 0.85}, seeds, pictures, rng, noise)
        low, high = estimate_contrast([(pair["a"], 1.0), (pair["b"], -1.0)]).interval()
        count += low <= 0.86 - 0.85 <= high
    return count


def false_verdicts(seeds, studies, rng, noise=None):
    """How many studies of four equal rules have a verdict."""
    count = 0
    for _ in range(studies):
        rules = {rule: [(cell, 1.0)] for rule, cell in make_cells(EQUAL, seeds, 1000, rng, noise).items()}
        count += any(pair.is_significant for pair in compare_pairs(rules)[0])
    return count


@pytest.mark.parametrize(
    ("seeds", "noise"), [(5, ProbitNoise()), (10, ProbitNoise(seed=0.02)), (5, ProbitNoise(seed=0.08))]
)
def test_intervals_hold_the_truth(rng, seeds, noise):
    studies = 600
    low, high = binom.ppf(0.0001, studies, 0.95), binom.ppf(0.9999, studies, 0.98)
    assert low <= holds(seeds, 1000, noise, studies, rng) <= high


def test_verdicts_are_seldom_false(rng):
    assert false_verdicts(5, 400, rng) <= binom.ppf(0.9999, 400, 0.05)


@pytest.mark.parametrize("noise", [ProbitNoise(first_seed=0.2), BetaNoise(seed=0.0015, tails=2.5)])
def test_verdicts_of_three_seeds_are_seldom_false(rng, noise):
    assert false_verdicts(3, 150, rng, noise) <= binom.ppf(0.9999, 150, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    "noise", [ProbitNoise(seed=0.02), ProbitNoise(), ProbitNoise(seed=0.08), ProbitNoise(rule=0.3)]
)
@pytest.mark.parametrize("pictures", [2000, 10_000])
@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_coverage_in_thousands_of_studies(rng, seeds, pictures, noise):
    assert 0.935 <= holds(seeds, pictures, noise, 4000, rng) / 4000 <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("noise", [ProbitNoise(), ProbitNoise(seed=0.08), ProbitNoise(seed=0.08, correlation=0.8)])
@pytest.mark.parametrize(("seeds", "most"), [(3, 0.065), (5, 0.065), (10, 0.065)])
def test_false_verdicts_in_thousands_of_studies(rng, seeds, most, noise):
    assert false_verdicts(seeds, 2000, rng, noise) / 2000 <= most
