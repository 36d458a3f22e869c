"""The table: documented columns, missing values, shares of the obtained multipliers."""

from collections.abc import Callable
from math import log
from typing import Any

import pandas as pd
import pytest

from scaling_lab.store.results import StoredResults
from scaling_lab.store.table import TABLE_COLUMNS, results_table


def test_columns_are_the_documented_ones_in_order(quick: Any) -> None:
    assert list(quick.table().columns) == list(TABLE_COLUMNS)


def test_each_question_has_a_row_with_its_result(quick: Any) -> None:
    frame = quick.table()
    assert len(frame) == len(quick.plan.entries)
    row = frame.iloc[5]
    result = quick.results[row["key"]]
    assert row["test_accuracy"] == result.test_accuracy
    assert row["train_loss"] == result.train_loss[-1]
    assert row["commit"] == result.provenance["commit"]


def test_values_without_a_result_are_missing_not_zero(quick: Any) -> None:
    key = quick.plan.entries[0].key
    frame = results_table(quick.plan, StoredResults({}, {key: "out of memory"}, ()))
    assert set(frame.loc[frame["key"] == key, "state"]) == {"failed"}
    assert set(frame.loc[frame["key"] != key, "state"]) == {"missing"}
    assert frame["test_accuracy"].isna().all()
    assert frame["train_seconds"].isna().all()


def test_shares_are_of_the_obtained_multipliers(make_study: Callable[..., Any]) -> None:
    frame = make_study(rules=("compound",)).table()
    row = frame[frame["times_flops"] == 2].iloc[0]
    total = log(row["d_got"]) + 2 * log(row["w_got"]) + 2 * log(row["r_got"])
    assert row["width_share"] == pytest.approx(2 * log(row["w_got"]) / total)
    assert row["depth_share"] + row["width_share"] + row["resolution_share"] == pytest.approx(1)
    baseline = frame[frame["times_flops"] == 1].iloc[0]
    assert pd.isna(baseline["depth_share"])


def test_results_readme_lists_the_columns(request: pytest.FixtureRequest) -> None:
    page = (request.config.rootpath / "results" / "README.md").read_text()
    for name, meaning in TABLE_COLUMNS.items():
        assert f"| `{name}` | {meaning} |" in page
