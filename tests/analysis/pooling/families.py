"""Synthetic families in which one rule is better, for tests of pooled pairs."""

import numpy as np

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.pooling.pool import pool_evidence
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.verdict_options import VerdictOptions

FAMILIES = ("one", "two", "three", "four")


def draw(family, times=2.0, gain=0.0, seed=0, seeds=4):
    """A family in which `good` is 3 points above `bad`, and `same` is `bad` again plus a gain."""
    truth = {("bad", 1.0): 0.85, ("bad", times): 0.85, ("good", times): 0.88, ("other", times): 0.85 + gain}
    rng = np.random.default_rng([seed, len(family), ord(family[0])])
    return make_study_table(truth, seeds, 2000, rng, family=family)


def pool(table, options=VerdictOptions()):  # noqa: B008 - frozen
    return pool_evidence(collect_evidence(table), options)


def find(budget, *rules):
    return next(pair for pair in budget.pairs if {pair.first, pair.second} == set(rules))
