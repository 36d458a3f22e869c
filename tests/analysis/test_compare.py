"""Comparisons at equal FLOPs: pairs, Holm, seeds that go together, and all that is not there."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import f, ttest_ind
from scipy.stats import t as student

from scaling_lab.analysis.compare import compare, holm, pairs
from scaling_lab.analysis.contrast import only
from scaling_lab.analysis.evidence import evidence
from scaling_lab.analysis.pairing import correlated, pooled
from scaling_lab.analysis.planted import Noise, cells
from scaling_lab.analysis.power import more

MEANS = {"depth": 0.850, "width": 0.850, "resolution": 0.855, "compound": 0.890}


def accuracy(entry):
    question = entry.question
    return MEANS[question.rule] + 0.002 * ((7 * question.seed + len(question.rule)) % 4)


def compared(table):
    return compare(evidence(table))


@pytest.fixture(scope="module")
def five(make_study):
    return make_study(families=["resnet_small"], seeds=range(5), accuracy=accuracy).table()


@pytest.fixture
def rng():
    return np.random.default_rng(2019)


def test_differences_and_welch_are_scipys(five):
    (comparison,) = compared(five)
    assert len(comparison.pairs) == 6
    for pair in comparison.pairs:
        x, y = (
            five.loc[(five["rule"] == rule) & (five["times_flops"] == 2), "test_accuracy"].astype(float)
            for rule in (pair.first, pair.second)
        )
        expected = ttest_ind(x, y, equal_var=False).confidence_interval(0.95)
        assert pair.estimate.welch() == pytest.approx((expected.low, expected.high))
        assert pair.difference == pytest.approx(x.mean() - y.mean())
        assert pair.difference >= 0
        assert pair.estimate.value == pytest.approx(pair.difference)
        better = np.mean([(a > b) + (a == b) / 2 for a in x for b in y])
        assert pair.improvement == pytest.approx(better)
        assert pair.spread == pytest.approx(max(np.ptp(x), np.ptp(y)))


def test_verdicts_are_by_holm_and_what_has_none_says_what_would_settle_it(five):
    found = compared(five)[0].pairs
    expected = [p for p, _ in holm([pair.estimate.p for pair in found])]
    assert [pair.p for pair in found] == expected
    assert {(pair.first, pair.second) for pair in found if pair.told_apart} >= {("compound", "depth")}
    assert all((pair.more is None) == pair.told_apart for pair in found)
    assert not any(pair.told_apart for pair in found if {pair.first, pair.second} == {"depth", "width"})


def test_fewer_than_three_seeds_have_no_verdict(quick):
    for comparison in compared(quick.table()):
        for pair in comparison.pairs:
            assert (pair.estimate, pair.p, pair.more, pair.told_apart, pair.seeds) == (None, None, None, False, (2, 2))
            assert pair.spread is not None


def test_seeds_that_do_not_differ_have_no_verdict(make_study):
    (found,) = compared(make_study(families=["resnet_small"], seeds=range(3), accuracy=lambda _: 0.9).table())
    assert all(pair.estimate is None and not pair.told_apart for pair in found.pairs)


def test_noise_of_pictures(make_study):
    (found,) = compared(make_study(families=["resnet_small"], accuracy=lambda _: 0.8).table())
    assert (found.test_pictures, found.sampling) == (2000, pytest.approx((0.8 * 0.2 / 2000) ** 0.5))


@pytest.mark.parametrize(
    ("rule", "off", "kept"),
    [("width", 1.019, True), ("width", 1.03, False), ("depth", 1.04, True), ("depth", 1.06, False)],
)
def test_rows_off_the_budget_are_left_out(quick, rule, off, kept):
    table = quick.table()
    table.loc[(table["rule"] == rule) & (table["times_flops"] == 2), "times_flops_got"] = 2 * off
    for comparison in compared(table):
        assert (rule in comparison.rules) == kept
        assert (rule in comparison.off_budget) != kept


def test_what_is_not_there_is_no_error(make_study):
    table = make_study(families=["resnet_small"], rules=["depth", "width"]).table()
    (empty,) = compared(table.assign(test_accuracy=float("nan")))
    assert (empty.rules, empty.pairs, empty.sampling, empty.without_result) == ((), (), None, ("depth", "width"))
    assert compared(table.iloc[:0]) == []
    assert compared(table.assign(times_flops=None)) == []


def test_explicit_multipliers_and_baselines_are_not_compared(quick):
    table = quick.table()
    explicit = table.assign(rule="multipliers", times_flops=float("nan"))
    assert compared(pd.concat([table, explicit])) == compared(table)
    assert {comparison.level for comparison in compared(table)} == {2}


def test_the_same_networks_are_known_and_not_tested(make_study):
    table = make_study(families=["resnet_small"], seeds=range(5)).table()
    copied = ["key", "test_accuracy", "test_correct", "held_out_accuracy"]
    table.loc[table["rule"] == "width", copied] = table.loc[table["rule"] == "depth", copied].to_numpy()
    (found,) = compared(table)
    (same,) = [pair for pair in found.pairs if pair.same]
    assert {same.first, same.second} == {"depth", "width"}
    assert (same.difference, same.p, same.told_apart) == (0, None, False)
    tested = [pair for pair in found.pairs if not pair.same]
    assert [pair.p for pair in tested] == [p for p, _ in holm([pair.estimate.p for pair in tested])]


def test_holm_of_a_worked_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == [
        (pytest.approx(0.03), 3),
        (pytest.approx(0.06), 1),
        (pytest.approx(0.06), 2),
        (pytest.approx(0.02), 4),
    ]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=6))
def test_holm_keeps_the_order_and_never_lowers(ps):
    corrected = [p for p, _ in holm(ps)]
    assert all(raw <= p <= 1 for raw, p in zip(ps, corrected, strict=True))
    assert all(p <= min(1, len(ps) * raw) for raw, p in zip(ps, corrected, strict=True))
    in_order = [p for _, p in sorted(zip(ps, corrected, strict=True))]
    assert in_order == sorted(in_order)


def test_holm_does_not_depend_on_the_order():
    ps = (0.01, 0.02, 0.02, 0.6)
    for turned in permutations(range(4)):
        assert [p for p, _ in holm([ps[i] for i in turned])] == [holm(ps)[i][0] for i in turned]


def test_seeds_that_go_together_as_a_table_of_two_factors_says(rng):
    found = list(cells(dict.fromkeys("abc", 0.85), 6, 1000, rng, Noise(seed=0.3, together=0.7)).values())
    grid = pd.DataFrame([cell.accuracy for cell in found]).to_numpy()
    rest = grid - grid.mean(axis=1, keepdims=True) - grid.mean(axis=0) + grid.mean()
    left = (rest**2).sum() / 10
    between = 3 * ((grid.mean(axis=0) - grid.mean()) ** 2).sum() / 5
    pairing = correlated(found)
    assert pairing.correlation == pytest.approx((between - left) / (between + 2 * left))
    assert pairing.p == pytest.approx(f.sf(between / left, 5, 10))


def test_pairing_of_two_networks_is_the_test_of_their_sum_and_difference(rng):
    """With two networks F is the ratio of the variances of a seed's sum and difference."""
    a, b = cells({"a": 0.85, "b": 0.8}, 6, 1000, rng, Noise(seed=0.3, together=0.7)).values()
    ratio = (a.accuracy + b.accuracy).var() / (a.accuracy - b.accuracy).var()
    assert correlated([a, b]).p == pytest.approx(f.sf(ratio, 5, 5))


def test_pairing_needs_networks_and_seeds_in_common(rng):
    found = cells({"a": 0.85, "b": 0.85}, 6, 500, rng)
    a, b = found["a"], found["b"]
    assert correlated([a]) is None
    assert correlated([a, a]) is None
    assert correlated([only(a, (0, 1, 2, 3)), only(b, (2, 3, 4, 5))]) is None
    assert correlated([only(a, (0, 1, 2)), only(b, (0, 1, 2))]) is not None


def test_seeds_are_paired_where_they_go_together_and_only_there(rng):
    together, alone = Noise(seed=0.3, together=0.95), Noise(seed=0.3)
    used = []
    for noise in (together, alone):
        rules = cells(dict.fromkeys("abcd", 0.85), 6, 2000, rng, noise)
        found, pairing = pairs({rule: [(cell, 1.0)] for rule, cell in rules.items()})
        used.append(pairing.used)
        assert all(len(pair.estimate.seeds) == (1 if pairing.used else 2) for pair in found)
    assert used == [True, False]


def bits(right, pictures=400):
    """Seeds that get the first so many pictures right."""
    return [[picture < count for picture in range(pictures)] for count in right]


def test_few_seeds_that_agree_by_chance_are_held_against_the_others(make_cell):
    """Two seeds differ by one picture, those of three other rules by dozens: Welch alone would name a winner."""
    orders = {"c": (300, 320, 340), "d": (340, 300, 320), "e": (320, 340, 300)}
    loud = {name: make_cell(bits(order), name) for name, order in orders.items()}
    quiet = {"a": make_cell(bits((330, 330, 331)), "a"), "b": make_cell(bits((290, 291, 290)), "b")}
    found, _ = pairs({rule: [(cell, 1.0)] for rule, cell in (quiet | loud).items()})
    pair = next(one for one in found if {one.first, one.second} == {"a", "b"})
    assert 10 * pair.estimate.p < 0.05
    variance = 2 / 3 * sum(np.var(cell.accuracy, ddof=1) for cell in (quiet | loud).values()) / 5
    pictures = pair.estimate.pictures.variance
    freedom = (variance + pictures) ** 2 / (variance**2 / 10 + pictures**2 / 399)
    together = 2 * student.sf(pair.difference / np.sqrt(variance + pictures), freedom)
    assert pair.p >= together > 10 * pair.estimate.p
    assert not pair.told_apart


def test_from_five_seeds_on_a_network_stands_for_itself(make_cell):
    orders = {"c": (300, 310, 320, 330, 340), "d": (340, 300, 330, 310, 320), "e": (320, 340, 310, 330, 300)}
    loud = {name: make_cell(bits(order), name) for name, order in orders.items()}
    quiet = {"a": make_cell(bits((330,) * 4 + (331,)), "a"), "b": make_cell(bits((290, 291, 290, 290, 290)), "b")}
    found, _ = pairs({rule: [(cell, 1.0)] for rule, cell in (quiet | loud).items()})
    pair = next(one for one in found if {one.first, one.second} == {"a", "b"})
    assert pair.told_apart
    assert pair.p == pytest.approx(10 * pair.estimate.p)


def test_paired_few_seeds_are_held_against_what_is_left_of_all(make_cell):
    """Seeds rise together by dozens of pictures; what is left is one picture, and that is what decides."""
    rises = (0, 30, 60, 90)
    rules = {
        name: make_cell(bits([200 + own + rise + (seed == place) for seed, rise in enumerate(rises)]), name)
        for place, (name, own) in enumerate({"a": 20, "b": 10, "c": 0}.items())
    }
    found, pairing = pairs({rule: [(cell, 1.0)] for rule, cell in rules.items()})
    assert pairing.used
    assert pooled(list(rules.values())).variance > 100 * pairing.rest.variance
    assert all(pair.told_apart for pair in found)


def test_power_is_that_of_holms_level(make_cell):
    rng = np.random.default_rng(3)
    made = {
        name: make_cell(rng.random((4, 2000)) < at, name)
        for name, at in zip("abcd", (0.85, 0.86, 0.87, 0.88), strict=True)
    }
    found, pairing = pairs({rule: [(cell, 1.0)] for rule, cell in made.items()})
    open_ = [pair for pair in found if pair.more and pair.more.seeds]
    assert open_
    for pair in open_:
        weights = [(made[pair.first], 1.0), (made[pair.second], -1.0)]
        assert pair.more.seeds >= more(weights, 0.05, pairing.used).seeds
    assert any(
        pair.more.seeds > more([(made[pair.first], 1.0), (made[pair.second], -1.0)], 0.05).seeds for pair in open_
    )
