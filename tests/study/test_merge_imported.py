"""Merged imports: a training counts once, other accuracies and networks under one name are refused, looks count."""

from pathlib import Path

import pytest

from scaling_lab.errors import UserError
from scaling_lab.store.imported import read_imported
from scaling_lab.store.looks import read_looks, record_look
from scaling_lab.store.results import Store
from scaling_lab.study.imports.make import ImportOptions, import_results
from scaling_lab.study.merge_folders import merge_folders

ROWS = {("baseline", 1_000_000, 0): "0.80", ("depth", 2_000_000, 0): "0.83", ("width", 2_000_000, 0): "0.84"}


@pytest.fixture
def make_import(tmp_path):
    """Import rows (accuracy by rule, FLOPs and seed) and return the folder."""

    def make(name: str, rows: dict[tuple[str, int, int], str]) -> Path:
        lines = [f"net,{rule},{flops},{seed},{accuracy}" for (rule, flops, seed), accuracy in rows.items()]
        (tmp_path / f"{name}.csv").write_text("\n".join(["family,rule,flops,seed,accuracy", *lines]))
        import_results([tmp_path / f"{name}.csv"], tmp_path / name, ImportOptions())
        return tmp_path / name

    return make


def accuracies(folder: Path) -> dict[tuple[str, int, int], float | None]:
    study = read_imported(Store(folder))
    assert study is not None
    assert len({(run.rule, run.flops, run.seed) for run in study.runs}) == len(study.runs)
    return {(run.rule, run.flops, run.seed): run.test_accuracy for run in study.runs}


def test_an_accuracy_that_differs_is_named_and_decided(make_import, tmp_path):
    folders = [make_import("a", ROWS), make_import("b", ROWS | {("depth", 2_000_000, 0): "0.73"})]
    with pytest.raises(UserError, match=r"depth.*seed 0.*0\.83 in a.*0\.73 in b.*--on-conflict"):
        merge_folders(folders, tmp_path / "both")
    assert not (tmp_path / "both").exists()
    for choice, accuracy in (("first", 0.83), ("last", 0.73)):
        merge = merge_folders(folders, tmp_path / choice, choice)
        assert accuracies(tmp_path / choice)["depth", 2_000_000, 0] == accuracy
        assert sum(merge.results.values()) == merge.questions == 3


def test_a_training_counts_once_and_a_missing_accuracy_is_filled(make_import, tmp_path):
    more = {("depth", 2_000_000, 1): "0.82"}
    first = make_import("a", ROWS | {("width", 2_000_000, 0): ""})
    merge = merge_folders([first, make_import("b", ROWS | more)], tmp_path / "both")
    assert accuracies(tmp_path / "both") == {key: float(value) for key, value in (ROWS | more).items()}
    assert merge.results == {"a": 2, "b": 2}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({("baseline", 1_100_000, 1): "0.8", ("depth", 2_200_000, 1): "0.8"}, "baseline.*1,000,000.*1,100,000"),
        ({("baseline", 1_000_000, 1): "0.8", ("depth", 2_020_000, 1): "0.8"}, "depth.*2,000,000.*2,020,000"),
    ],
)
def test_other_networks_under_one_name_are_refused(make_import, tmp_path, other, message):
    with pytest.raises(UserError, match=message):
        merge_folders([make_import("a", ROWS), make_import("b", other)], tmp_path / "both")


def test_looks_count_and_no_file_is_lost(make_import, tmp_path):
    folders = [
        make_import("a", ROWS),
        make_import("b", {("depth", 4_000_000, 5): "0.9", ("baseline", 10**6, 5): "0.8"}),
    ]
    (folders[0] / "notes.txt").write_text("mine")
    keys = [{run.key for run in read_imported(Store(folder)).runs} for folder in folders]
    record_look(Store(folders[0]), "compare", keys[0])
    merge_folders(folders, tmp_path / "both")
    (look,) = read_looks(Store(tmp_path / "both"))
    assert set(look.keys) == keys[0]
    assert set(look.waiting) == keys[1]
    assert (tmp_path / "both" / "merged" / "1-a" / "notes.txt").read_text() == "mine"


def test_a_source_is_not_changed(make_import):
    folders = [make_import("a", ROWS), make_import("b", ROWS)]
    with pytest.raises(UserError, match="inside"):
        merge_folders(folders, folders[0] / "both")


def test_a_rule_is_written_in_one_way_in_all_folders(make_import, tmp_path):
    other = {("Baseline", 1_000_000, 1): "0.80", ("Width", 2_000_000, 1): "0.84"}
    with pytest.raises(UserError, match=r"b: rule 'Width' differs from 'width' \(a\)"):
        merge_folders([make_import("a", ROWS), make_import("b", other)], tmp_path / "both")
    assert not (tmp_path / "both").exists()
