"""Merged folders are the study that one machine would have trained; conflicts are named and no file is lost."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.errors import UserError
from scaling_lab.store.leases import Leases
from scaling_lab.store.looks import RecordedLook, read_looks, record_look
from scaling_lab.store.plan_schema import PlannedVerdicts
from scaling_lab.store.results import Store
from scaling_lab.study.merge_folders import merge_folders

RULES = ("depth", "width")


@pytest.fixture
def machines(make_study, tmp_path):
    """Two folders of one name with other seeds of the same networks, and both studies."""
    parts = [make_study(families=("resnet_small",), rules=RULES, seeds=seeds) for seeds in ((0, 1), (2, 3))]
    return [study.written(tmp_path / name / "mine") for study, name in zip(parts, "ab", strict=True)], parts


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def sorted_table(folder: Path) -> pd.DataFrame:
    return read_results_folder(folder).table.sort_values(["rule", "times_flops", "seed"]).reset_index(drop=True)


def test_merged_folders_are_the_whole_study(machines, make_study, tmp_path):
    paths, _ = machines
    before = [files_of(path) for path in paths]
    merge = merge_folders(paths, tmp_path / "both")
    full_study = make_study(families=("resnet_small",), rules=RULES, seeds=(0, 1, 2, 3)).written(tmp_path / "whole")
    pd.testing.assert_frame_equal(sorted_table(tmp_path / "both"), sorted_table(full_study))
    assert [files_of(path) for path in paths] == before
    assert merge.questions == 16
    assert list(merge.results.values()) == [6, 6]  # 1x is one point for both rules
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_no_file_is_lost(machines, tmp_path):
    paths, _ = machines
    key = next((paths[0] / "points").glob("*.json")).stem
    for place, path in enumerate(paths):
        Store(path).add_failure("a" * 16, f"reason {place}")
        (path / "logs" / key).mkdir(parents=True)
        (path / "logs" / key / "events.txt").write_text(f"log {place}")
        (path / "notes.txt").write_text(f"note {place}")
        (path / "weights").mkdir()
        (path / "weights" / f"{key}.safetensors").write_bytes(bytes([place]))
    merge_folders(paths, tmp_path / "both")
    merged = files_of(tmp_path / "both")
    for path in paths:
        for name, content in files_of(path).items():
            if not name.startswith("claims"):
                assert content in merged.values(), name
    assert (tmp_path / "both" / "weights" / f"{key}.safetensors").read_bytes() == b"\0"  # of the result's folder
    assert Store(tmp_path / "both").failure_count("a" * 16) == 2


def test_conflicts_are_named_and_decided(machines, tmp_path):
    (first, _), (study, _) = machines
    key, result = next(iter(study.results.items()))
    changed = replace(result, train_loss=(2.0, 1.0, 0.5))
    second = replace(study, results=study.results | {key: changed}).written(tmp_path / "other")
    with pytest.raises(UserError, match=f"{key}.*--on-conflict"):
        merge_folders([first, second], tmp_path / "both")
    assert not (tmp_path / "both").exists()
    for choice, loss in (("first", result.train_loss), ("last", changed.train_loss)):
        merge_folders([first, second], tmp_path / choice, choice)
        assert Store(tmp_path / choice).read_result(key).train_loss == loss
        assert len(list((tmp_path / choice / "merged").rglob(f"points/{key}.json"))) == 1


def test_a_point_of_both_counts_once(machines, tmp_path):
    (first, _), (study, _) = machines
    again = {key: replace(result, train_seconds=99.0) for key, result in study.results.items()}
    second = replace(study, results=again).written(tmp_path / "other")
    merge = merge_folders([first, second], tmp_path / "both")
    assert list(merge.results.values()) == [6, 0]
    assert "6 points" in " ".join(merge.notes)


def test_other_points_for_one_question_are_refused(machines, tmp_path):
    (first, _), (study, _) = machines
    entries = [replace(entry, key="b" * 16) for entry in study.plan.entries[:1]]
    other = replace(study, plan=replace(study.plan, entries=(*entries, *study.plan.entries[1:])))
    with pytest.raises(UserError, match="b" * 16):
        merge_folders([first, other.written(tmp_path / "other")], tmp_path / "both")


def test_verdicts_that_differ_are_dropped_and_named(machines, tmp_path):
    (first, second), (_, study) = machines
    Store(second).write_plan(replace(study.plan, verdicts=PlannedVerdicts((("depth", "width"),), 0.5)))
    merge = merge_folders([first, second], tmp_path / "both")
    assert Store(tmp_path / "both").read_plan().verdicts == PlannedVerdicts()
    assert "contrasts" in merge.notes[0]
    assert "deltas" in merge.notes[1]


def test_looks_at_both_count(machines, tmp_path):
    paths, parts = machines
    for path, part in zip(paths, parts, strict=True):
        record_look(Store(path), "compare", part.results)
    merge_folders(paths, tmp_path / "both")
    looks = read_looks(Store(tmp_path / "both"))
    assert [len(look.keys) for look in looks] == [6, 6]
    assert [len(look.waiting) for look in looks] == [6, 0]
    assert isinstance(looks[0], RecordedLook)


def test_a_study_in_training_is_not_merged(machines, tmp_path):
    paths, _ = machines
    lease = Leases(paths[0] / "claims", 60).acquire("c" * 16)
    try:
        with pytest.raises(UserError, match="being trained"):
            merge_folders(paths, tmp_path / "both")
    finally:
        lease.release()


@pytest.mark.parametrize("mistake", ["one folder", "twice", "no plan", "exists"])
def test_mistakes(machines, tmp_path, mistake):
    paths, _ = machines
    (tmp_path / "empty").mkdir()
    cases = {
        "one folder": (paths[:1], "two results folders"),
        "twice": ([paths[0], Path(str(paths[0]))], "given twice"),
        "no plan": ([paths[0], tmp_path / "empty"], "plan.json"),
        "exists": (paths, "exists"),
    }
    given, message = cases[mistake]
    with pytest.raises(UserError, match=message):
        merge_folders(given, tmp_path / ("empty" if mistake == "exists" else "both"))
