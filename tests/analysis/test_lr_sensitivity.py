"""A verdict that depends on the learning rate is reported; one that does not depend on it stays."""

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.lr_sensitivity import check_lr_sensitivity
from scaling_lab.analysis.rates.grids import collect_grids
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.text.lr_sensitivity import describe_lr_sensitivity
from scaling_lab.analysis.unlearned.at_chance import with_unlearned

RULES = ("a", "b")


def at_rates(accuracies):
    """A study whose rules a and b have these test accuracies at 2x, by learning rate."""
    rng, tables = np.random.default_rng(11), []
    for factor, (a, b) in accuracies.items():
        table = make_study_table({("a", 2.0): a, ("b", 2.0): b}, 4, 4000, rng)
        tables.append(table.assign(lr_times=factor, key=table["key"] + f"-{factor}"))
    return pd.concat(tables, ignore_index=True)


def test_a_rule_that_wins_only_for_its_learning_rate():
    (sensitivity,) = check_lr_sensitivity(
        collect_evidence(at_rates({0.5: (0.85, 0.84), 1.0: (0.90, 0.86), 2.0: (0.88, 0.90)}))
    )
    assert sensitivity.best_factors == {"a": 1.0, "b": 2.0}
    assert sensitivity.at_grid_edge == ("b",)
    ((before, after),) = sensitivity.changes
    assert before.first == "a"
    assert before.is_significant
    assert not after.is_significant
    sentences = " ".join(describe_lr_sensitivity(sensitivity))
    assert "also trained at 0.5, 1, 2 times the recipe's learning rate" in sentences
    assert "A verdict changes. At the recipe's learning rate: a beats b by" in sentences
    assert "learning rate of b is at the edge of the grid" in sentences


def test_a_rule_that_wins_at_every_rate():
    (sensitivity,) = check_lr_sensitivity(
        collect_evidence(at_rates({0.5: (0.85, 0.82), 1.0: (0.90, 0.86), 2.0: (0.88, 0.85)}))
    )
    assert sensitivity.best_factors == {"a": 1.0, "b": 1.0}
    assert sensitivity.changes == ()
    assert describe_lr_sensitivity(sensitivity)[1:] == ["With each rule at its best learning rate, no verdict changes."]


def test_the_best_rate_is_chosen_on_held_out_images():
    table = at_rates({1.0: (0.90, 0.86), 2.0: (0.88, 0.90)})
    table["held_out_accuracy"] = np.where(table["lr_times"] == 1.0, 0.9, 0.8)
    (sensitivity,) = check_lr_sensitivity(collect_evidence(table))
    assert sensitivity.best_factors == {"a": 1.0, "b": 1.0}


@pytest.mark.parametrize("without", ["other rates", "one rule"])
def test_without_a_grid_there_is_no_sensitivity(without):
    table = at_rates({1.0: (0.90, 0.86), 2.0: (0.88, 0.90)})
    selected = table["lr_times"] == 1 if without == "other rates" else (table["rule"] == "a") | (table["lr_times"] == 1)
    assert check_lr_sensitivity(collect_evidence(table[selected])) == []


def test_a_network_off_the_budget_is_ignored():
    table = at_rates({1.0: (0.90, 0.86), 2.0: (0.95, 0.90)})
    off = (table["rule"] == "a") & (table["lr_times"] == 2)
    table.loc[off, "times_flops_got"] = 3.0
    assert check_lr_sensitivity(collect_evidence(table)) == []


def test_without_a_verdict_none_can_change():
    table = at_rates({1.0: (0.90, 0.86), 2.0: (0.88, 0.85)})
    (sensitivity,) = check_lr_sensitivity(collect_evidence(table[table["seed"] < 2]))
    assert "There is no verdict that could change." in describe_lr_sensitivity(sensitivity)


def test_seeds_at_chance_count_in_the_choice():
    """Of the seeds of b at rate 2 the one that learned is the best of all, the others are at chance."""
    table = at_rates({1.0: (0.90, 0.86), 2.0: (0.80, 0.90)})
    collapsed = (table["rule"] == "b") & (table["lr_times"] == 2) & (table["seed"] > 0)
    table = table.assign(learned=~collapsed)
    table.loc[collapsed, "held_out_accuracy"] = 0.1
    grids = collect_grids(collect_evidence(with_unlearned(table)), table)
    (sensitivity,) = check_lr_sensitivity(collect_evidence(table), grids=grids)
    assert sensitivity.best_factors == {"a": 1.0, "b": 1.0}
    (without,) = check_lr_sensitivity(collect_evidence(table))
    assert without.best_factors["b"] == 2.0


def test_a_rate_at_which_a_training_diverged_is_not_chosen():
    table = at_rates({1.0: (0.90, 0.86), 2.0: (0.80, 0.90)})
    diverged = (table["rule"] == "b") & (table["lr_times"] == 2) & (table["seed"] == 0)
    table.loc[diverged, "state"] = "failed"
    table.loc[diverged, ["test_accuracy", "held_out_accuracy", "test_pictures", "test_correct"]] = None
    failures = dict.fromkeys(table.loc[diverged, "key"], "FloatingPointError: loss is nan")
    evidence = collect_evidence(table)
    (sensitivity,) = check_lr_sensitivity(evidence, grids=collect_grids(evidence, table, failures))
    assert sensitivity.best_factors == {"a": 1.0, "b": 1.0}
    assert set(sensitivity.tuned["b"].by_seed) == {0, 1, 2, 3}


def test_a_noisy_choice_is_named():
    """Seed 3 alone makes rate 2 the best one of b."""
    table = at_rates({1.0: (0.90, 0.86), 2.0: (0.80, 0.86)})
    table["held_out_accuracy"] = np.where(table["lr_times"] == 1, 0.86, 0.85)
    table.loc[(table["rule"] == "b") & (table["lr_times"] == 2) & (table["seed"] == 3), "held_out_accuracy"] = 0.95
    (sensitivity,) = check_lr_sensitivity(collect_evidence(table))
    assert sensitivity.tuned["b"].by_seed == {0: 2.0, 1: 2.0, 2: 2.0, 3: 1.0}
    (sentence,) = (sentence for sentence in describe_lr_sensitivity(sensitivity) if "noisy" in sentence)
    assert " b " in sentence
    assert " a " not in sentence
