"""Networks that did not learn: which are found, how rarely others are, rates, and what they change."""

import base64

import numpy as np
import pytest
from scipy.stats import beta

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.text.unlearned import describe_drawn, describe_unlearned, describe_verdict_changes
from scaling_lab.analysis.unlearned.at_chance import with_unlearned
from scaling_lab.analysis.unlearned.kinds import (
    LearningCount,
    classify_points,
    collapsed_seeds,
    count_unlearned,
    find_collapsed,
    find_kinds,
)
from scaling_lab.analysis.unlearned.verdict_changes import VerdictChanges, find_verdict_changes
from scaling_lab.formatting import TIMES

IMAGES = 2000
DIVERGED = "FloatingPointError: loss is nan in epoch 1 (peak learning rate 90) (loop.py:110)"


def make(depth=0.88, width=0.88, seeds=5):
    truth = {("depth", 1.0): 0.86, ("width", 1.0): 0.86, ("depth", 2.0): depth, ("width", 2.0): width}
    return make_study_table(truth, seeds, IMAGES, np.random.default_rng(0)).assign(learned=True)


def with_accuracy(table, rule, times, seed, accuracy, learned=True):
    """Replace one result by one with this accuracy."""
    table = table.copy()
    bits = np.arange(IMAGES) < round(accuracy * IMAGES)
    row = (table["rule"] == rule) & (table["times_flops"] == times) & (table["seed"] == seed)
    packed = base64.b64encode(np.packbits(bits).tobytes()).decode()
    table.loc[row, ["test_accuracy", "test_correct", "learned"]] = [bits.mean(), packed, learned]
    return table


@pytest.mark.parametrize(
    ("accuracies", "collapsed"),
    [
        ([0.881, 0.884, 0.105], [False, False, True]),
        ([0.88, 0.60, 0.882, 0.879, 0.881], [False, True, False, False, False]),
        ([0.3, 0.88, 0.2, 0.881, 0.882], [True, False, True, False, False]),
        ([0.88, 0.85, 0.882], [False] * 3),  # worse, but not collapsed
        ([0.85, 0.95, 0.4], [False] * 3),  # seeds that differ a lot upwards, too
        ([0.88, 0.1], [False] * 2),  # either may be the odd one
        ([0.88, 0.88, 0.88], [False] * 3),
        ([], []),
    ],
)
def test_a_seed_far_below_its_siblings_collapsed(accuracies, collapsed):
    assert collapsed_seeds(accuracies).tolist() == collapsed


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("spread", [0.003, 0.03, 0.07])
def test_fewer_than_one_in_a_thousand_networks_of_normal_seeds_is_flagged(seeds, spread):
    rng = np.random.default_rng(seeds)
    flagged = [collapsed_seeds(0.88 * (1 + spread * rng.normal(size=seeds))).any() for _ in range(4000)]
    assert sum(flagged) <= 4


def test_siblings_are_those_of_one_network_above_chance():
    table = with_accuracy(make(), "depth", 2.0, 3, 0.4)
    assert table.loc[find_collapsed(table), ["rule", "seed"]].to_numpy().tolist() == [["depth", 3]]
    assert not find_collapsed(make(depth=0.5)).any()  # all seeds of a rule alike: a bad rule, no collapse
    at_chance = table.assign(learned=~((table["rule"] == "depth") & (table["seed"] > 0)))
    assert not find_collapsed(at_chance).any()
    baseline = with_accuracy(with_accuracy(make(), "depth", 1.0, 0, 0.4), "width", 1.0, 0, 0.4)
    assert find_collapsed(baseline).sum() == 2  # both rows of one point
    assert count_unlearned(classify_points(baseline))[0] == LearningCount("baseline", 5, 0, 1, 0)


def test_rates_by_rule_have_exact_intervals():
    table = with_accuracy(make(), "depth", 2.0, 0, 0.1, learned=False)
    table = with_accuracy(table, "depth", 2.0, 1, 0.4)
    failed = (table["rule"] == "width") & (table["times_flops"] == 2) & (table["seed"] < 2)
    table = table.astype({"learned": object})
    table.loc[failed, ["test_accuracy", "test_correct", "learned"]] = None
    keys = table.loc[failed, "key"].tolist()
    failures = {keys[0]: DIVERGED, keys[1]: "MemoryError: out of memory (loop.py:1)"}
    counts = {count.rule: count for count in count_unlearned(classify_points(table, failures))}
    assert counts == {
        "baseline": LearningCount("baseline", 5, 0, 0, 0),
        "depth": LearningCount("depth", 5, 1, 1, 0),
        "width": LearningCount("width", 4, 0, 0, 1),
    }
    low, high = counts["depth"].interval()
    assert (low, high) == pytest.approx((beta.ppf(0.025, 2, 4), beta.ppf(0.975, 3, 3)))
    kinds = find_kinds(table, failures)
    assert sorted(kinds[kinds != ""]) == ["at chance", "collapsed", "diverged"]
    first, collapsed, rates = describe_unlearned(table, failures)
    assert first.startswith("3 of 14 trained networks did not learn: 1 at chance, 1 collapsed and 1 diverged")
    assert f"synthetic depth 2{TIMES} seed 1 (40.0 %)" in collapsed
    assert f"depth 2 of 5 ({100 * low:.0f} … {100 * high:.0f} %)" in rates


def test_a_study_at_chance_says_so_first():
    table = make().assign(learned=False, test_accuracy=0.1)
    assert describe_unlearned(table)[0].startswith("No network learned: the test accuracy of all 15 trained networks")
    assert "at chance (10.0 %)" in describe_unlearned(table)[0]
    diverged = table.assign(test_accuracy=None, learned=None)
    first, *_ = describe_unlearned(diverged, dict.fromkeys(diverged["key"], DIVERGED))
    assert first == "No network learned: of 15 trained networks, 15 diverged."
    assert describe_unlearned(make()) == []
    assert describe_drawn(make()) == ""
    assert describe_drawn(with_accuracy(make(), "depth", 2.0, 1, 0.4)).endswith("1 collapsed seed.")


def test_verdicts_with_and_without_networks_that_did_not_learn():
    usual = make(depth=0.91)
    assert find_verdict_changes(usual, compare_rules) == VerdictChanges()
    chance = with_accuracy(usual, "depth", 2.0, 0, 0.1, learned=False)
    changes = find_verdict_changes(chance, compare_rules)
    assert changes.without_collapsed is None
    assert [change.partition(",")[0] for change in changes.with_chance] == ["depth and width"]
    assert "not told apart instead of depth above width" in changes.with_chance[0]
    assert find_verdict_changes(chance, compare_rules, is_with_unlearned=True) == VerdictChanges()
    (pair,) = compare_rules(collect_evidence(with_unlearned(chance)))[0].pairs
    assert (pair.seeds, pair.is_significant) == ((5, 5), False)
    collapsed = with_accuracy(usual, "depth", 2.0, 0, 0.3)
    changes = find_verdict_changes(collapsed, compare_rules)
    assert changes.with_chance is None
    assert "depth above width instead of not told apart" in changes.without_collapsed[0]
    (sentence,) = describe_verdict_changes(changes)
    assert sentence.startswith("Without the collapsed seeds, 1 verdict changes: depth and width")
