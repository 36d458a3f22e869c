"""Values that cannot be used are named with their row, and missing ones are said."""

import re

import numpy as np
import pytest
from import_tables import FLOPS, long_table

from scaling_lab.errors import UserError
from scaling_lab.store.imported import read_imported
from scaling_lab.store.results import Store
from scaling_lab.study.imports.units import Units


@pytest.mark.parametrize(
    ("changes", "units", "message"),
    [
        ({"accuracy": "0.8%"}, Units(accuracy="fraction"), "percent signs"),
        ({"family": "nan"}, Units(), "no family"),
        ({"rule": "de\x1b[31mpth"}, Units(), "control characters"),
        ({"test_loss": -1.0}, Units(), "test_loss"),
    ],
)
def test_values_that_mislead_are_refused(imported, changes, units, message):
    with pytest.raises(UserError, match=message):
        imported(long_table(**changes), units)


@pytest.mark.parametrize(
    ("column", "values", "places"),
    [
        ("accuracy", {1: -0.2}, ["line 3"]),
        ("accuracy", {2: 101.0}, ["line 4"]),
        ("accuracy", {3: 0.55}, ["line 2", "line 5"]),
        ("flops", {4: -5}, ["line 6"]),
        ("flops", {1: 0.5}, ["line 2", "line 3"]),
        ("accuracy", {1: "80%"}, ["line 2", "line 3"]),
        ("budget", {2: -1}, ["line 4"]),
    ],
)
def test_a_wrong_value_is_named_with_its_row(imported, column, values, places):
    table = long_table().assign(budget=1)
    table[column] = table[column].astype(object)
    for row, value in values.items():
        table.loc[row, column] = value
    with pytest.raises(UserError, match=column.replace("flops", "FLOPs")) as raised:
        imported(table)
    assert set(re.findall(r"line \d+", str(raised.value))) == set(places)
    assert "accuracy-in" not in str(raised.value) or 0.55 in values.values()


def test_rows_without_an_accuracy_are_named(imported):
    table = long_table()
    table.loc[[2, 5, 6, 7, 8], "accuracy"] = np.nan
    notes = read_imported(Store(imported(table))).inferred
    assert any("line 4" in note and "line 7" in note and "2 more rows" in note for note in notes)


def test_columns_that_are_not_used_are_named(imported):
    notes = read_imported(Store(imported(long_table(depth=3, comment="x", top5=90.0)))).inferred
    (unused,) = [note for note in notes if "not used" in note]
    assert "depth, comment" in unused
    assert "top5" not in unused


def test_budgets_that_contradict_the_flops_are_named(imported):
    table = long_table()
    budgets = table["flops"] / FLOPS
    for budget, named in [(budgets, 0), (budgets.mask(table["rule"] == "width", 4), 1)]:
        inferred = read_imported(Store(imported(table.assign(budget=budget), name=f"named{named}"))).inferred
        sentences = [sentence for sentence in inferred if "width has 2" in sentence and "at 4" in sentence]
        assert len(sentences) == named
        assert not any("depth has" in sentence for sentence in inferred)
