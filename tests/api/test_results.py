"""`lab.load`, `lab.compare` and `lab.status` on a study with synthetic results."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import scaling_lab as lab
from scaling_lab.store.bits import pack_bits
from scaling_lab.store.results import Store
from scaling_lab.store.table import TABLE_COLUMNS


@pytest.fixture
def folder(make_study: Any, on_device: Any, tmp_path: Path) -> Path:
    """Three seeds, one result of another device, one result missing."""
    study = on_device(make_study(["resnet_small"], seeds=range(3)), "cuda")
    path: Path = study.written(tmp_path / "results")
    (path / "points" / f"{list(study.results)[-1]}.json").unlink()
    return path


def test_load_has_every_question_and_what_is_missing(folder: Path) -> None:
    table = lab.load(folder, baseline="per_rule")
    assert list(table.columns) == list(TABLE_COLUMNS)
    assert len(table) == 24
    assert (table["state"] == "missing").sum() == 1
    assert table.attrs["study"] == "quick"
    assert len(table.attrs["notes"]) == 1


def test_load_has_types_and_the_baseline_once(folder: Path, tmp_path: Path) -> None:
    table = lab.load(folder)
    assert len(table) == 3 * (1 + 4)
    assert list(table["rule"][table["times_flops"] == 1]) == ["baseline"] * 3
    assert {name: str(table[name].dtype) for name in ("seed", "times_flops", "compiled", "key")} == {
        "seed": "Int64",
        "times_flops": "Float64",
        "compiled": "boolean",
        "key": "string",
    }
    assert list(table["state"].cat.categories) == ["done", "failed", "missing"]
    assert table["finished"].dt.year.dropna().unique().tolist() == [2025]
    assert table.iloc[-1][["test_accuracy", "threads"]].isna().all()
    per_rule = lab.load(folder, baseline="per_rule")
    assert per_rule["depths"].iloc[0] == [1, 2, 3]
    assert set(per_rule["rule"]) == set(table["rule"]) - {"baseline"}
    table.to_parquet(tmp_path / "table.parquet")
    read = pd.read_parquet(tmp_path / "table.parquet")
    assert [list(value) for value in read["widths"]] == list(table["widths"])
    typed = table.columns.difference(["depths", "widths", "precision"])  # an all-missing category is read as object
    pd.testing.assert_frame_equal(read[typed], table[typed])
    assert read.attrs["study"] == "quick"


def test_compare_has_a_row_a_pair_and_refuses_mixed_devices(folder: Path) -> None:
    with pytest.raises(lab.UserError, match="cpu, cuda"):
        lab.compare(folder)
    pairs = lab.compare(str(folder), mixed_devices=True)
    assert len(pairs) == 6
    assert {"first", "second", "difference", "low", "high", "p", "verdict"} <= set(pairs.columns)
    assert any("2 devices" in note for note in pairs.attrs["notes"])


def test_mistakes(folder: Path) -> None:
    with pytest.raises(lab.UserError, match="nowhere"):
        lab.load("nowhere")
    with pytest.raises(lab.UserError, match=r"'twice'.*once or per_rule"):
        lab.load(folder, baseline="twice")
    with pytest.raises(lab.UserError, match=r"did you mean flops\?"):
        lab.compare(folder, "flop", mixed_devices=True)


def test_status_has_a_row_a_point_and_its_state(folder: Path) -> None:
    table = lab.status(folder)
    assert table["key"].is_unique
    assert table["state"].value_counts().to_dict() == {"done": 14, "missing": 1, "running": 0, "stale": 0, "failed": 0}
    missing = table[table["state"] == "missing"].iloc[0]
    Store(folder).add_failure(missing["key"], "no luck")
    (folder / "checkpoints").mkdir()
    (folder / "checkpoints" / f"{missing['key']}.000000007.checkpoint").touch()
    failed = lab.status(folder, lease_seconds=5).set_index("key").loc[missing["key"]]
    assert (failed["state"], failed["reason"], failed["step"]) == ("failed", "no luck", 7)
    with pytest.raises(lab.UserError, match="lease_seconds"):
        lab.status(folder, lease_seconds=-1)
    with pytest.raises(lab.UserError, match="there is no results folder"):
        lab.status(folder / "none")


def test_networks_that_did_not_learn_are_in_every_table(make_study: Any, tmp_path: Path) -> None:
    study = make_study(families=["resnet_small"], rules=["depth", "width"], seeds=range(4))
    first, second, third = [entry.key for entry in study.plan.entries if entry.question.times_flops == 2][:3]
    results = dict(study.results)
    for key, accuracy, chance in ((first, 0.1, 0.1), (second, 0.4, 0.1)):
        bits = pack_bits([number < 2000 * accuracy for number in range(2000)])
        results[key] = replace(results[key], test_accuracy=accuracy, test_correct=bits, chance=chance)
    del results[third]
    folder = replace(study, results=results).written(tmp_path / "results")
    Store(folder).add_failure(third, "FloatingPointError: loss is nan in epoch 1 (loop.py:1)")
    unlearned = lab.status(folder).set_index("key")["unlearned"].dropna().to_dict()
    assert unlearned == {first: "at chance", third: "diverged"}  # one seed is left beside the collapsed one
    headline = "2 of 12 trained networks did not learn: 1 at chance and 1 diverged"
    assert lab.load(folder).attrs["notes"][0].startswith(headline)
    pairs = lab.compare(folder)
    assert pairs.attrs["notes"][0].startswith(headline)
    assert any(note.startswith("With the results at chance") for note in pairs.attrs["notes"])
    assert sorted(pairs[["seeds_first", "seeds_second"]].iloc[0]) == [2, 4]
    assert sorted(lab.compare(folder, with_unlearned=True)[["seeds_first", "seeds_second"]].iloc[0]) == [3, 4]
