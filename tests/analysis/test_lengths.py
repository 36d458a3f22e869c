"""Training lengths: grouping of settings, differences of differences, Holm over all changes, recipes' names."""

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.length_groups import split_recipe
from scaling_lab.analysis.lengths import compare_lengths
from scaling_lab.analysis.lengths_table import LENGTH_COLUMNS, make_length_table
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.stats.holm import adjust_p_values
from scaling_lab.analysis.stats.looks import FIRST_SHARE
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.text.lengths import describe_lengths, format_lengths_title, summarize_lengths
from scaling_lab.analysis.verdict_options import VerdictOptions

TRUTH = {4: {"depth": 0.80, "width": 0.86, "compound": 0.83}, 16: {"depth": 0.88, "width": 0.86, "compound": 0.89}}


def synthetic(truth, seeds=5, images=4000, rng=3):
    """Return a table of rules at 4x after several numbers of epochs, all on the same test images."""
    accuracies = {(f"{rule}@{epochs}", 4.0): value for epochs, by in truth.items() for rule, value in by.items()}
    table = make_study_table(accuracies, seeds, images, np.random.default_rng(rng))
    split = table["rule"].str.split("@", expand=True)
    recipe = "synthetic(epochs=" + split[1] + ", warmup_epochs=1)"
    return table.assign(rule=split[0], recipe=recipe, epochs=split[1].astype(int))


@pytest.fixture(scope="module")
def table():
    return synthetic(TRUTH)


def lengths(table, *options):
    return compare_lengths(compare_rules(collect_evidence(table), *options))


def test_a_change_is_a_difference_of_differences(table):
    cells = {(arm.rule, arm.cell.epochs): arm.cell for arm in collect_evidence(table).arms}
    (result,) = lengths(table)
    assert result.epochs == (4, 16)
    assert result.tests == 3
    assert result.setting.recipe == "synthetic"
    expected = []
    for pair in result.pairs:
        weights = [
            (cells[rule, epochs], sign * side)
            for epochs, sign in ((16, 1.0), (4, -1.0))
            for rule, side in ((pair.first, 1.0), (pair.second, -1.0))
        ]
        expected.append(estimate_contrast(weights))
        short, long = pair.at
        assert short.change is None
        assert long.change.estimate.value == pytest.approx(long.value - short.value)
        assert long.change.estimate.interval() == pytest.approx(expected[-1].interval())
        for at in pair.at:
            difference = cells[pair.first, at.epochs].accuracy.mean() - cells[pair.second, at.epochs].accuracy.mean()
            assert at.value == pytest.approx(difference)
    changes = [pair.at[1].change for pair in result.pairs]
    assert [change.p for change in changes] == pytest.approx(
        adjust_p_values([estimate.p / FIRST_SHARE for estimate in expected])
    )


def test_winners_and_significant_changes(table):
    (result,) = lengths(table)
    pairs = {frozenset((pair.first, pair.second)): pair for pair in result.pairs}
    against_width = pairs[frozenset(("width", "depth"))]
    assert [at.winner for at in against_width.at] == ["width", "depth"]
    assert against_width.at[1].change.is_significant
    against_depth = pairs[frozenset(("compound", "depth"))]
    assert against_depth.at[0].winner == "compound"
    text = summarize_lengths(result)
    assert "2 have another winner at another length" in text
    assert "width" in text
    assert "4 and 16 epochs" in format_lengths_title(result)
    assert len(describe_lengths(result)) == 4  # one a pair, and the method


def test_planned_pairs_alone_keep_their_order(table):
    (result,) = lengths(table, VerdictOptions((("depth", "width"),)))
    (pair,) = result.pairs
    assert (pair.first, pair.second) == ("depth", "width")
    assert pair.at[0].value < 0 < pair.at[1].value
    rows = make_length_table([result])
    assert list(rows.columns)[5:] == list(LENGTH_COLUMNS)
    assert list(rows["epochs"]) == [4, 16]
    assert list(rows["winner"]) == ["width", "depth"]
    assert rows.loc[0, ["change_from", "change", "change_low", "change_p"]].isna().all()
    assert rows.loc[1, "change_low"] < rows.loc[1, "change"] < rows.loc[1, "change_high"]
    assert rows.loc[0, "low"] < rows.loc[0, "difference"] < rows.loc[0, "high"] < 0


def test_equal_changes_are_rarely_significant():
    flat = {4: dict.fromkeys("abc", 0.8), 8: dict.fromkeys("abc", 0.85), 16: dict.fromkeys("abc", 0.88)}
    wrong = 0
    for rng in range(10):
        (result,) = lengths(synthetic(flat, seeds=3, images=1000, rng=rng))
        assert result.tests == 6
        wrong += any(at.change.is_significant for pair in result.pairs for at in pair.at[1:])
    assert wrong <= 2


def test_one_length_and_unknown_lengths_give_nothing(table):
    assert lengths(table[table["epochs"] == 4]) == []
    assert lengths(table.assign(epochs=None)) == []


def test_other_settings_are_apart(table):
    other = table.assign(
        recipe=table["recipe"].str.replace("epochs=4,", "epochs=4, lr=1,", regex=False), key=table["key"] + "o"
    )
    assert lengths(pd.concat([table[table["epochs"] == 4], other[other["epochs"] == 4]])) == []
    assert len(lengths(pd.concat([table, other]))) == 1
    (result,) = lengths(table.assign(recipe=table["recipe"].str.replace("16, warmup_epochs=1", "16, warmup_epochs=4")))
    assert result.also_varied == ("warmup_epochs",)


def test_the_warm_up_tells_settings_of_one_length_apart(table):
    longer = table.assign(recipe=table["recipe"].str.replace("warmup_epochs=1", "warmup_epochs=2"))
    results = lengths(pd.concat([table, longer.assign(key=longer["key"] + "l")]))
    assert [result.epochs for result in results] == [(4, 16), (4, 16)]


def test_few_seeds_and_missing_rules(table):
    few = table[table["seed"] < 2]
    (result,) = lengths(few)
    assert result.tests == 0
    rows = make_length_table([result])
    assert rows[["low", "p", "change_low", "change_p"]].isna().all(axis=None)
    assert rows["change"].notna().sum() == 3
    assert "3 seeds" in summarize_lengths(result)
    (result,) = lengths(table[(table["rule"] != "depth") | (table["epochs"] == 4)])
    assert [(pair.first, pair.second) for pair in result.pairs] == [("compound", "width")]


def test_rules_of_one_network_at_one_length(table):
    table = table.copy()
    short = table["epochs"] == 4
    for name in ("key", "test_accuracy", "test_correct"):
        table.loc[short & (table["rule"] == "depth"), name] = table.loc[short & (table["rule"] == "width"), name].array
    (result,) = lengths(table)
    pairs = {frozenset((pair.first, pair.second)): pair for pair in result.pairs}
    same = pairs[frozenset(("depth", "width"))]
    assert same.at[0].value == 0
    assert same.at[0].winner is None
    assert same.at[1].change.estimate.value == pytest.approx(same.at[1].value)
    twin = pairs[frozenset(("compound", "depth"))]
    assert twin.at[0].winner == "depth"  # which has the network of width there


@pytest.mark.parametrize(
    ("recipe", "name", "settings"),
    [
        ("short", "short", {}),
        ("short(epochs=8)", "short", {"epochs": "8"}),
        ("cifar(epochs=8, lr=0.2, warmup_epochs=0.8)", "cifar(lr=0.2)", {"epochs": "8", "warmup_epochs": "0.8"}),
        ("m(magnitude=[[1, 2], [3, 4]], epochs=2)", "m(magnitude=[[1, 2], [3, 4]])", {"epochs": "2"}),
    ],
)
def test_names_of_recipes(recipe, name, settings):
    assert split_recipe(recipe) == (name, settings)
