"""Which settings a pooled pair counts, and what is said of the others."""

import pandas as pd
import pytest

from scaling_lab.analysis.pooling.differences import (
    FEW_SEEDS,
    OFF_RULE,
    OTHER_LENGTH,
    SAME_NETWORK,
    SAME_TRAININGS,
)
from scaling_lab.analysis.pooling.table import make_pooled_table
from scaling_lab.analysis.text.pooled import describe_pooled
from tests.analysis.pooling.families import FAMILIES, draw, find, pool


@pytest.fixture(scope="module")
def table():
    return pd.concat([draw(family) for family in FAMILIES], ignore_index=True)


def test_settings_that_do_not_count_are_named(table, set_shares):
    own = {family: table[table["family"] == family] for family in FAMILIES}
    own["one"] = set_shares(own["one"], "good", (0, 1, 0), (0.3, 0.7, 0))
    own["two"] = own["two"][own["two"]["seed"] < 2]
    twin = own["three"].copy()
    bad = twin[(twin["rule"] == "bad") & (twin["times_flops"] == 2)]
    twin = pd.concat([twin[twin["rule"] != "good"], bad.assign(rule="good")])
    (budget,) = pool(pd.concat([own["one"], own["two"], twin, own["four"]], ignore_index=True))
    pair = find(budget, "bad", "good")
    assert {(exclusion.setting.family, exclusion.reason) for exclusion in pair.left_out} == {
        ("one", OFF_RULE),
        ("two", FEW_SEEDS),
        ("three", SAME_NETWORK),
    }
    assert pair.effect is None
    assert pair.p is None
    text = " ".join(describe_pooled(budget))
    assert "good in one" in text
    assert "good and bad in three" in text or "bad and good in three" in text
    left_out = make_pooled_table([budget]).query("row == 'left out' and first == 'bad' and second == 'good'")
    assert set(left_out["reason"]) == {OFF_RULE, FEW_SEEDS, SAME_NETWORK}
    other = find(budget, "bad", "other")
    assert [difference.setting.family for difference in other.differences] == ["one", "three", "four"]


def test_rules_of_one_network_are_pooled_under_both_names(table):
    good = table[(table["rule"] == "good") & (table["family"] == "one")]
    (budget,) = pool(pd.concat([table, good.assign(rule="twin")], ignore_index=True))
    for pair in (find(budget, "bad", "good"), find(budget, "other", "good")):
        assert len(pair.differences) == 4
    assert not any("twin" in (pair.first, pair.second) for pair in budget.pairs)  # in one setting only


def test_a_setting_alone_is_not_pooled(table):
    assert pool(table[table["family"] == "one"]) == []


def test_the_same_results_count_once(table):
    again = table[table["family"] == "one"].assign(rounding="paper")  # the same networks by another way of rounding
    (budget,) = pool(pd.concat([table, again], ignore_index=True))
    pair, before = find(budget, "bad", "good"), find(pool(table)[0], "bad", "good")
    assert [exclusion.reason for exclusion in pair.left_out] == [SAME_TRAININGS]
    assert pair.effect == before.effect


def test_the_same_trainings_tested_on_fewer_images_count_once(table):
    larger = table.assign(dataset="fashion_mnist_10k")
    family_table = draw("one")
    smaller = family_table.assign(dataset="fashion_mnist", key="small-" + family_table["key"].astype(str))
    (budget,) = pool(pd.concat([smaller, larger], ignore_index=True))
    pair = find(budget, "bad", "good")
    assert [(exclusion.setting.dataset, exclusion.reason) for exclusion in pair.left_out] == [
        ("fashion_mnist", SAME_TRAININGS)
    ]
    assert pair.effect.count == 4


def test_of_several_lengths_the_longest_counts(table):
    family_table = draw("one")
    lengths = [
        family_table.assign(
            recipe=f"short(epochs={epochs})", epochs=epochs, key=f"e{epochs}-" + family_table["key"].astype(str)
        )
        for epochs in (4, 16, 8)
    ]
    (budget,) = pool(pd.concat([*lengths, table[table["family"] != "one"]], ignore_index=True))
    pair = find(budget, "bad", "good")
    assert {(exclusion.setting.recipe, exclusion.reason) for exclusion in pair.left_out} == {
        ("short(epochs=4)", OTHER_LENGTH),
        ("short(epochs=8)", OTHER_LENGTH),
    }
    assert "short(epochs=16)" in {difference.setting.recipe for difference in pair.differences}
    assert pair.effect.count == 4
    assert sum("another length" in line for line in describe_pooled(budget)) == 1
    assert (budget.setting_count, len(budget.settings)) == (4, 6)


def test_a_nested_data_set_of_another_length_counts_once(table):
    larger = table.assign(dataset="fashion_mnist_10k", recipe="short(epochs=8)", epochs=8)
    family_table = draw("one")
    shorter = family_table.assign(
        dataset="fashion_mnist_10k", epochs=4, recipe="short", key="short-" + family_table["key"].astype(str)
    )
    smaller = shorter.assign(dataset="fashion_mnist", key="small-" + family_table["key"].astype(str))
    (budget,) = pool(pd.concat([smaller, shorter, larger], ignore_index=True))
    pair = find(budget, "bad", "good")
    assert {exclusion.reason for exclusion in pair.left_out} == {SAME_TRAININGS, OTHER_LENGTH}
    assert pair.effect.count == 4
