"""From a table to networks with their bits: what is used, what is left out and reported."""

import base64
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import ARM_COLUMNS, collect_evidence
from scaling_lab.analysis.obtained_scaling import OBTAINED_COLUMNS, find_on_budget
from scaling_lab.analysis.synthetic import make_study_table

TRUTH = {("depth", 1.0): 0.85, ("width", 1.0): 0.85, ("depth", 2.0): 0.86, ("width", 2.0): 0.88}


@pytest.fixture
def table():
    return make_study_table(TRUTH, 4, 203, np.random.default_rng(2019))


def read(table):
    return pd.read_csv(StringIO(table.to_csv(index=False)))


def find_arm(table, rule="width", times=2.0):
    (arm,) = [arm for arm in collect_evidence(table).arms if (arm.rule, arm.times_flops) == (rule, times)]
    return arm


def width(table):
    return table.index[(table["rule"] == "width") & (table["times_flops"] == 2)]


def test_arms_in_order_with_their_bits(table):
    arms = collect_evidence(table).arms
    assert [(arm.rule, arm.times_flops) for arm in arms] == list(TRUTH)
    for arm in arms:
        rows = table[(table["rule"] == arm.rule) & (table["times_flops"] == arm.times_flops)]
        assert arm.cell.accuracy == pytest.approx(rows["test_accuracy"].to_numpy(dtype=float))
        assert (arm.cell.seeds, arm.cell.test_images, arm.requested_seeds, arm.is_on_budget) == (
            (0, 1, 2, 3),
            203,
            4,
            True,
        )
        raw = np.frombuffer(base64.b64decode(rows["test_correct"].iloc[1]), dtype=np.uint8)
        assert (arm.cell.correct[1] == np.unpackbits(raw)[:203]).all()
        assert arm.cell.costs["flops"] == 1e6 * arm.times_flops


def test_one_network_for_two_rules_is_one_cell(table):
    turned = pd.concat([table[table["rule"] == "depth"], table[table["rule"] == "width"][::-1]])
    for rows in (table, turned):
        cells = {(arm.rule, arm.times_flops): arm.cell for arm in collect_evidence(rows).arms}
        assert cells["depth", 1.0] is cells["width", 1.0]
        assert cells["depth", 2.0] is not cells["width", 2.0]


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("test_accuracy", 0.5, "do not agree with the accuracy"),
        ("test_correct", "", "do not agree with the accuracy"),
        ("test_correct", "not base64!", "do not agree with the accuracy"),
        ("test_correct", None, "do not agree with the accuracy"),
        ("test_accuracy", float("nan"), "not between 0 and 1"),
        ("test_accuracy", 1.5, "not between 0 and 1"),
        ("test_pictures", 202, "number of test images differs"),
        ("learned", False, "not above chance"),
    ],
)
def test_a_result_that_cannot_be_used_is_left_out_and_named(table, column, value, why):
    at = width(table)[2]
    table[column] = table[column].astype(object)
    table.loc[at, column] = value
    (note,) = collect_evidence(table).notes
    assert why in note
    assert table.loc[at, "key"] in note
    assert (find_arm(table).cell.seeds, find_arm(table).requested_seeds) == ((0, 1, 3), 4)


@pytest.mark.parametrize("state", ["failed", "missing"])
def test_failed_and_missing_rows_have_no_seed(table, state):
    table.loc[width(table), "state"] = state
    table.loc[width(table), ["test_accuracy", "test_pictures", "test_correct"]] = None
    assert find_arm(table).cell is None
    assert find_arm(table).requested_seeds == 4
    assert collect_evidence(table).notes == ()
    (comparison,) = compare_rules(collect_evidence(table))
    assert (comparison.rules, comparison.pairs, comparison.without_result) == (("depth",), (), ("width",))


def test_a_seed_twice_counts_once(table):
    assert find_arm(pd.concat([table, table])).cell.seeds == (0, 1, 2, 3)
    assert find_arm(pd.concat([table, table])).requested_seeds == 4


def test_settings_are_apart(table):
    both = collect_evidence(pd.concat([table, table.assign(lr_times=0.5, key="half " + table["key"])]))
    assert [setting.lr_times for setting in both.settings] == [1.0, 0.5]
    assert [len(both.arms_of(setting)) for setting in both.settings] == [4, 4]
    assert len(compare_rules(both)) == 2


def test_explicit_multipliers_are_arms_that_are_not_compared(table):
    explicit = table.assign(rule="multipliers", times_flops=float("nan"), key="m " + table["key"])
    arms = collect_evidence(pd.concat([table, explicit])).arms
    assert {arm.times_flops for arm in arms if arm.rule == "multipliers"} == {None}
    assert all(arm.cell for arm in arms)
    assert len(compare_rules(collect_evidence(pd.concat([table, explicit])))) == 1


def test_a_table_read_back_says_the_same(table):
    table.loc[width(table)[:1], ["state", "test_accuracy", "test_correct"]] = ["failed", None, None]
    first, second = compare_rules(collect_evidence(table)), compare_rules(collect_evidence(read(table)))
    assert first == second
    assert [arm.setting for arm in collect_evidence(read(table)).arms] == [
        arm.setting for arm in collect_evidence(table).arms
    ]


def test_all_right_is_an_accuracy_though_it_is_a_whole_number(table):
    every = base64.b64encode(np.packbits(np.ones(203, dtype=bool))).decode()
    perfect = table.assign(test_accuracy=1, test_correct=every)
    assert collect_evidence(perfect).notes == ()
    assert find_arm(perfect).cell.accuracy.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("column", [*ARM_COLUMNS, *OBTAINED_COLUMNS, "test_correct", "seed"])
def test_a_column_that_is_missing_is_named(table, column):
    with pytest.raises(ValueError, match=rf"no column {column}$"):
        collect_evidence(read(table).drop(columns=column))


def test_an_empty_table(table):
    assert collect_evidence(table.iloc[:0]).arms == ()
    assert compare_rules(collect_evidence(table.iloc[:0])) == []


def test_a_cost_that_was_not_measured_is_left_out(table):
    table.loc[width(table)[:1], "latency_seconds"] = None
    assert "latency" not in find_arm(table).cell.costs
    assert "latency" in find_arm(table, "depth").cell.costs
    assert "latency" not in find_arm(table.drop(columns="latency_seconds"), "depth").cell.costs


@pytest.mark.parametrize(
    ("w", "got", "met"), [(1.4, 2.03, True), (1.4, 2.05, False), (1.0, 2.09, True), (None, 1.89, False)]
)
def test_on_budget(w, got, met):
    assert find_on_budget(pd.DataFrame({"w": [w], "times_flops": [2.0], "times_flops_got": [got]})).tolist() == [met]


def test_a_network_planned_with_other_seeds_by_another_rule_has_all_of_them():
    table = make_study_table({("a", 2.0): 0.85, ("b", 2.0): 0.86}, 5, 100, np.random.default_rng(1))
    few = table[(table["rule"] == "a") & (table["seed"] < 3)].assign(rule="c")
    arms = {arm.rule: arm for arm in collect_evidence(pd.concat([few, table], ignore_index=True)).arms}
    assert arms["c"].cell is arms["a"].cell
    assert arms["c"].cell.seeds == (0, 1, 2, 3, 4)
    assert arms["c"].requested_seeds == 3


def test_one_wrong_bit_is_found_out():
    table = make_study_table({("a", 2.0): 0.85}, 3, 200, np.random.default_rng(1))
    table.loc[0, "test_accuracy"] += 1 / 200
    evidence = collect_evidence(table)
    assert evidence.arms[0].cell.seeds == (1, 2)
    assert "do not agree with the accuracy" in evidence.notes[0]


def test_a_version_that_trained_with_another_is_counted_once(table):
    (seed, *_) = width(table)
    (note,) = collect_evidence(table.assign(commit="aaa")).notes + collect_evidence(_mixed(table, seed)).notes
    assert "2 versions of the code (aaa, bbb)" in note


def _mixed(table, row):
    """Return the table with one training that was begun by one commit and resumed by another."""
    mixed = table.assign(commit="aaa")
    mixed.loc[row, "commit"] = "aaa, bbb"
    return mixed


def test_results_of_two_versions_of_torch_are_named(table):
    versions = ["2.13.0", *["2.14.0"] * (len(table) - 1)]
    (note,) = collect_evidence(table.assign(torch=versions, commit="aaa")).notes
    assert "2 versions of torch (2.13.0, 2.14.0)" in note
