"""Sentences on rules that are alike within a difference that matters, and on the seeds that would decide."""

import re

import numpy as np
import pytest

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.stats.power import RequiredSeeds, SeedRange
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.synthetic_answers import ProbitNoise
from scaling_lab.analysis.text.comparisons import describe_comparison
from scaling_lab.analysis.text.headlines import summarize_comparison
from scaling_lab.analysis.text.pairs import describe_pair, describe_required_seeds
from scaling_lab.analysis.verdict_options import VerdictOptions


@pytest.mark.parametrize(
    ("apart", "alike", "seconds", "parts"),
    [
        ((1, 1), (2, 12), 30.0, ["1 more", "differ by 0.5 points", "2 to 12", "30 s on one worker"]),
        ((6, 20), (8, None), 720.0, ["6 to 20 more", "8 to over 200", "12 min on one worker"]),
        ((None, None), (None, None), None, ["over 200 more", "over 200 would"]),
    ],
)
def test_the_required_seeds_are_a_range_for_a_given_difference(apart, alike, seconds, parts):
    clause = describe_required_seeds(RequiredSeeds(SeedRange(*apart), SeedRange(*alike), seconds), 0.005)
    assert all(part in clause for part in parts)
    assert ("worker" in clause) == (seconds is not None)


def test_without_a_difference_that_matters_no_seeds_are_advised():
    assert describe_required_seeds(None, 0.005) == ""
    text = " ".join(describe_comparison(with_delta({"compound": 0.88, "width": 0.88}, None, seeds=3)))
    assert "more seeds of each" not in text
    assert "--delta" in text


def with_delta(truth, delta, seeds=6, **noise):
    table = make_study_table(
        {(rule, 2.0): accuracy for rule, accuracy in truth.items()},
        seeds,
        10_000,
        np.random.default_rng(7),
        ProbitNoise(seed=0.01, rule=0.1, **noise),
    )
    (comparison,) = compare_rules(collect_evidence(table), VerdictOptions(delta=delta))
    return comparison


def test_alike_names_all_some_and_pairs_that_differ_by_little():
    everything = with_delta({"compound": 0.88, "width": 0.88, "depth": 0.8795}, 0.01)
    assert summarize_comparison(everything).startswith("No two of ")
    assert summarize_comparison(everything).endswith(" differ by more than 1 point.")
    assert all("alike within 1 point" in sentence for sentence in describe_comparison(everything)[:3])
    some = with_delta({"compound": 0.92, "width": 0.88, "depth": 0.88}, 0.01)
    assert summarize_comparison(some).startswith("compound beats every other rule")
    assert re.search(r"Alike within 1 point: (width and depth|depth and width)\.$", summarize_comparison(some))
    leading = summarize_comparison(with_delta({"compound": 0.88, "width": 0.8795, "depth": 0.82}, 0.01))
    assert "every other rule" not in leading
    assert re.match(r"(compound|width) beats depth by .* Alike within 1 point: ", leading)
    little = with_delta({"compound": 0.887, "width": 0.88}, 0.02)
    assert re.search(r"compound beats width .* which is less than 2 points", describe_pair(little.pairs[0]))
    undecided = with_delta({"compound": 0.88, "width": 0.88}, 0.0001)
    assert "neither told apart nor alike within 0.01 points" in describe_pair(undecided.pairs[0])
    assert "more seeds of each" in describe_pair(undecided.pairs[0])
