"""Networks are followed over learning rates: shared ones once, those at chance counted, diverged rates named."""

import pytest

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.rates.grids import collect_grids
from scaling_lab.analysis.unlearned.at_chance import with_unlearned

TRUTH = {("a", 1.0): 0.8, ("b", 1.0): 0.8, ("a", 2.0): 0.85, ("b", 2.0): 0.86}


@pytest.fixture
def table(make_rate_table):
    return make_rate_table(dict.fromkeys((2.0, 0.5, 1.0), TRUTH))


def collect(table, failures=None):
    return collect_grids(collect_evidence(with_unlearned(table)), table, failures)


def test_a_network_of_several_rules_is_one(table):
    grids = collect(table)
    assert [(grid.name, grid.rules, grid.times_flops) for grid in grids] == [
        ("baseline", ("baseline",), 1.0),
        ("a at 2\N{MULTIPLICATION SIGN}", ("a",), 2.0),
        ("b at 2\N{MULTIPLICATION SIGN}", ("b",), 2.0),
    ]
    for grid in grids:
        assert grid.factors == grid.tried == (0.5, 1.0, 2.0)
        assert grid.held_out(2.0).shape == (3,)
    rows = table[(table["rule"] == "a") & (table["times_flops"] == 2) & (table["lr_times"] == 0.5)]
    assert list(grids[1].held_out(0.5)) == list(rows["held_out_accuracy"])


def test_networks_at_chance_count(table):
    at = (table["rule"] == "b") & (table["lr_times"] == 2) & (table["times_flops"] == 2) & (table["seed"] == 1)
    learned = table.assign(learned=~at)
    learned.loc[at, "held_out_accuracy"] = 0.1
    grid = collect(learned)[2]
    assert list(grid.held_out(2.0)).count(0.1) == 1
    assert grid.unlearned == {2.0: {"at chance": 1}}
    assert grid.diverged == ()


def test_a_rate_with_a_diverged_training_cannot_be_chosen(table):
    at = (table["rule"] == "b") & (table["lr_times"] == 2) & (table["times_flops"] == 2) & (table["seed"] == 1)
    failed = table.copy()
    failed.loc[at, "state"] = "failed"
    failed.loc[at, ["test_accuracy", "held_out_accuracy", "test_pictures", "test_correct"]] = None
    (key,) = table.loc[at, "key"]
    grid = collect(failed, {key: "FloatingPointError: loss is nan"})[2]
    assert (grid.factors, grid.tried, grid.diverged) == ((0.5, 1.0), (0.5, 1.0, 2.0), (2.0,))
    assert collect(failed, {key: "MemoryError"})[2].factors == (0.5, 1.0, 2.0)


def test_a_network_at_one_rate_is_left_out(table):
    some = table[(table["lr_times"] == 1) | (table["rule"] == "a")]
    assert [grid.rules for grid in collect(some)] == [("baseline",), ("a",)]
