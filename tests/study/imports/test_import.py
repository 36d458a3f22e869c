"""Imported results give the verdicts of Welch's t over seeds, in the units of their source, and nothing is invented."""

import numpy as np
import pandas as pd
import pytest
from import_tables import FLOPS, SEEDS, accuracies, long_table
from scipy import stats

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.analysis.study_comparison import read_study_comparison
from scaling_lab.errors import UserError
from scaling_lab.store.imported import read_imported, write_imported
from scaling_lab.store.results import Store, WriteError
from scaling_lab.study.imports.checks import require_distinct_names
from scaling_lab.study.imports.fields import FIELDS
from scaling_lab.study.imports.units import Units


def test_verdicts_are_those_of_welch(imported):
    study = read_study_comparison(imported(long_table()))
    (comparison,) = study.budget_comparisons
    assert comparison.level == 2
    assert not comparison.metric.has_answers
    for pair in comparison.pairs:
        a, b = (accuracies()[rule][1] / 100 for rule in (pair.first, pair.second))
        welch = stats.ttest_ind(a, b, equal_var=False)
        assert pair.estimate.p == pytest.approx(welch.pvalue)
        assert pair.estimate.interval() == pytest.approx(tuple(welch.confidence_interval()))
    raw = sorted(pair.estimate.p for pair in comparison.pairs)
    holm = np.maximum.accumulate([min(1, p * (3 - place) / 0.8) for place, p in enumerate(raw)])  # of the first look
    assert sorted(pair.p for pair in comparison.pairs) == pytest.approx(list(holm))


def test_intervals_of_one_network_are_students(imported):
    from scaling_lab.analysis.accuracy_table import make_accuracy_table

    study = read_study_comparison(imported(long_table()))
    table = make_accuracy_table(study.table, study.evidence).set_index("rule")
    for rule, (_, values) in accuracies().items():
        low, high = stats.t.interval(0.95, SEEDS - 1, values.mean(), values.std(ddof=1) / np.sqrt(SEEDS))
        assert (table.loc[rule, "low"], table.loc[rule, "high"]) == pytest.approx((low, high))
        assert table.loc[rule, "accuracy"] == pytest.approx(values.mean())


def test_missing_is_missing_and_marked(imported):
    folder = imported(long_table())
    table = read_results_folder(folder).table
    assert set(table["rounding"]) == {"imported"}
    assert set(table["source"]) == {"runs.csv"}
    assert table["key"].str.fullmatch("imported[0-9a-f]{16}").all()
    assert (
        table[["params", "activations", "side", "depths", "train_seconds", "test_correct", "learned"]]
        .isna()
        .all(axis=None)
    )
    assert table[["d_got", "depth_share", "held_out_accuracy", "device", "torch"]].isna().all(axis=None)
    baselines = table[table["times_flops"] == 1]
    assert set(baselines["rule"]) == {"depth", "width", "compound"}
    assert baselines["key"].nunique() == SEEDS
    assert (folder / "table.csv").is_file()


@pytest.mark.parametrize(
    ("changes", "units"),
    [
        ({"accuracy": lambda t: t["accuracy"] / 100}, Units()),
        ({"accuracy": lambda t: t["accuracy"].map("{}%".format)}, Units()),
        ({"flops": lambda t: t["flops"] / 1e9}, Units(flops="G")),
        ({"flops": lambda t: 2 * t["flops"]}, Units(counts_twice=True)),
        ({"budget": lambda t: t["flops"] / FLOPS}, Units()),
        ({"rule": lambda t: t["rule"].replace("baseline", "none")}, Units()),
    ],
    ids=["fractions", "percent signs", "giga", "both counted", "budgets", "another name of the baseline"],
)
def test_units_change_nothing(imported, changes, units):
    usual, other = (
        read_results_folder(imported(table, unit, name)).table
        for table, unit, name in ((long_table(), Units(), "usual"), (long_table(**changes), units, "other"))
    )
    for name in ("flops", "times_flops", "times_flops_got", "test_accuracy", "seed"):
        assert other[name].tolist() == pytest.approx(usual[name].tolist()), name
    assert other["rule"].tolist() == usual["rule"].tolist()


def test_flops_between_budgets(imported):
    """Networks about the same FLOPs share a budget; rules are moved to it or named off budget, as after a sweep."""
    table = long_table()
    table.loc[table["rule"] == "depth", "flops"] = round(2.05 * FLOPS)
    table.loc[table["rule"] == "width", "flops"] = round(1.98 * FLOPS)
    (comparison,) = read_study_comparison(imported(table)).budget_comparisons
    assert comparison.level == 2
    assert set(comparison.rules) == {"depth", "width", "compound"}
    assert comparison.flops_ratios == pytest.approx({"depth": 1.025, "width": 0.99})
    table.loc[table["rule"] == "depth", "flops"] = round(2.3 * FLOPS)
    with_budget = table.assign(budget=table["rule"].eq("baseline").map({True: 1, False: 2}))
    (comparison,) = read_study_comparison(imported(with_budget, name="off")).budget_comparisons
    assert comparison.off_budget == ("depth",)


def test_a_baseline_of_every_rule_counts_once(imported):
    table = long_table()
    base = table[table["rule"] == "baseline"]
    rest = table[table["rule"] != "baseline"]
    repeated = pd.concat([*(base.assign(rule=rule) for rule in ("depth", "width", "compound")), rest])
    assert len(read_imported(Store(imported(repeated))).runs) == len(table)


def test_a_training_without_accuracy_has_no_result(imported):
    table = long_table()
    table["accuracy"] = table["accuracy"].astype(object)
    table.loc[table.index[-1], "accuracy"] = ""
    rows = read_results_folder(imported(table)).table
    assert rows["state"].value_counts().to_dict() == {"done": 3 * SEEDS + 3 * SEEDS - 1, "missing": 1}


def test_results_are_only_added(imported):
    folder = imported(long_table())
    before = (folder / "imported.json").read_bytes()
    imported(long_table())
    assert (folder / "imported.json").read_bytes() == before
    with pytest.raises(UserError, match="1 imported result"):
        imported(long_table().iloc[:-1])
    assert (folder / "imported.json").read_bytes() == before


def test_nothing_is_trained_into_it(imported):
    store = Store(imported(long_table()))
    with pytest.raises(WriteError, match="imported"):
        store.open_for_writing()
    with pytest.raises(UserError, match="imported"):
        store.read_plan()


def test_a_study_is_not_imported_over(imported, quick, tmp_path):
    study = read_imported(Store(imported(long_table())))
    with pytest.raises(UserError, match="plan"):
        write_imported(Store(quick.written(tmp_path / "swept")), study)


def test_a_changed_file_is_noticed(imported):
    folder = imported(long_table())
    path = folder / "imported.json"
    path.write_text(path.read_text().replace('"seed": 11', '"seed": 12'))
    with pytest.raises(UserError, match="checksum"):
        read_results_folder(folder)


def test_a_failed_baseline_that_every_rule_repeats_counts_once(imported):
    table = long_table()
    table.loc[table["rule"] == "baseline", "accuracy"] = np.nan
    folder = imported(pd.concat([table, table[table["rule"] == "baseline"]]))
    assert len(read_imported(Store(folder)).runs) == len(table)


@pytest.mark.parametrize(
    ("names", "are_one"),
    [(("1x", "1X"), True), (("None", "none"), True), (("1 x", "1 X"), False), (("1x", "1 x"), False)],
)
def test_names_of_baselines_may_differ_where_they_are_read_as_one(names, are_one):
    [rule] = [field for field in FIELDS if field.name == "rule"]
    if are_one:
        require_distinct_names(rule, names, ("a", "b"))
        return
    with pytest.raises(UserError, match="only in case or spaces"):
        require_distinct_names(rule, names, ("a", "b"))
