"""`lab.load` and `lab.compare` on a study with synthetic results."""

from pathlib import Path
from typing import Any

import pytest

import scaling_lab as lab
from scaling_lab.store.table import TABLE_COLUMNS


@pytest.fixture
def folder(make_study: Any, on_device: Any, tmp_path: Path) -> Path:
    """Three seeds, one result of another device, one result missing."""
    study = on_device(make_study(["resnet_small"], seeds=range(3)), "cuda")
    path: Path = study.written(tmp_path / "results")
    (path / "points" / f"{list(study.results)[-1]}.json").unlink()
    return path


def test_load_has_every_question_and_what_is_missing(folder: Path) -> None:
    table = lab.load(folder)
    assert list(table.columns) == list(TABLE_COLUMNS)
    assert len(table) == 24
    assert (table["state"] == "missing").sum() == 1
    assert table.attrs["study"] == "quick"
    assert len(table.attrs["notes"]) == 1


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
    with pytest.raises(lab.UserError, match=r"did you mean flops\?"):
        lab.compare(folder, "flop", mixed_devices=True)
