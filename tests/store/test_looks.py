"""The record of looks at a study."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.store.looks import (
    LOOKS_FILE,
    count_lost_looks,
    read_looks,
    record_earlier_looks,
    record_look,
    record_reader_look,
)
from scaling_lab.store.results import RECORD_FILE, Store
from scaling_lab.store.snapshot_file import SNAPSHOT_FILE
from scaling_lab.study.report_record import is_as_recorded, record_report


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_a_look_has_only_the_results_that_no_earlier_look_had(store: Store) -> None:
    record_look(store, "report", ["b", "a"])
    record_look(store, "compare", ["a", "b"])
    record_look(store, "compare", ["a", "b", "c"], share=0.5)
    assert [(look.command, look.keys, look.share) for look in read_looks(store)] == [
        ("report", ("a", "b"), None),
        ("compare", ("c",), 0.5),
    ]


def test_a_look_after_points_were_given_up_is_another(store: Store) -> None:
    record_look(store, "compare", ["a"], ["b"])
    record_look(store, "compare", ["a"], ["b", "c"])
    record_look(store, "compare", ["a"])
    assert [(look.keys, look.waiting) for look in read_looks(store)] == [(("a",), ("b",)), ((), ())]


def test_a_look_without_results_is_not_written(store: Store) -> None:
    record_look(store, "report", [])
    assert not (store.folder / LOOKS_FILE).exists()


@pytest.mark.parametrize("change", [{"share": 2}, {"keys": ["../x"]}, {"keys": "a"}, {"more": 1}])
def test_lines_that_are_no_looks_are_left_out(
    store: Store, change: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    record_look(store, "report", ["a"])
    path = store.folder / LOOKS_FILE
    path.write_text(path.read_text() + json.dumps({"when": "x", "command": "y", "keys": ["b"]} | change) + "\n")
    assert [look.keys for look in read_looks(store)] == [("a",)]
    assert f"{path} cannot be read (line 2" in caplog.text


def test_a_folder_that_cannot_be_written_to_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    record_look(Store(Path("nowhere")), "compare", ["a"])
    assert "nowhere/looks.jsonl" in caplog.text


def test_a_reader_leaves_a_finished_study_of_an_older_version_alone(store: Store) -> None:
    (store.folder / SNAPSHOT_FILE).touch()
    record_reader_look(store, "compare", ["a"])
    assert not (store.folder / LOOKS_FILE).exists()
    record_earlier_looks(store, ["a"])  # a sweep is about to add results
    record_reader_look(store, "compare", ["a", "b"])
    assert [look.keys for look in read_looks(store)] == [("a",), ("b",)]


@pytest.mark.parametrize(("shown", "count"), [(RECORD_FILE, 1), ("table.csv", 0)])
def test_only_a_study_that_was_shown_has_an_earlier_look(store: Store, shown: str, count: int) -> None:
    (store.folder / shown).touch()
    record_earlier_looks(store, ["a"])
    record_earlier_looks(store, ["a", "b"])
    assert len(read_looks(store)) == count


def test_lost_looks_are_counted_and_reported_with_the_verdicts(make_study: Callable[..., Any], tmp_path: Path) -> None:
    made = make_study(["resnet_small"], seeds=(0, 1, 2))
    store, report = Store(made.written(tmp_path / "s")), tmp_path / "report"
    keys = sorted(made.results)
    for count in (5, 10):
        record_look(store, "sweep", keys[:count])
    report.mkdir()
    (store.folder / "table.csv").touch()
    record_report(store, report)
    assert is_as_recorded(store, report)
    record_look(store, "sweep", keys)
    assert count_lost_looks(store) == 0
    assert read_results_folder(store.folder).error_rate_notes == []
    (store.folder / LOOKS_FILE).unlink()
    assert count_lost_looks(store) == 2
    (note,) = read_results_folder(store.folder).error_rate_notes
    assert "lacks 2 looks" in note
    assert is_as_recorded(store, report)
    (store.folder / RECORD_FILE).write_text('{"table.csv": "0"}')
    assert count_lost_looks(store) == 0


def test_looks_without_data_of_the_plan_are_left_out(make_study: Callable[..., Any], tmp_path: Path) -> None:
    study = make_study(seeds=(0, 1, 2))
    store = Store(study.written(tmp_path / "s"))
    keys = sorted(study.results)
    other = [f"{number:016x}" for number in range(3)]
    record_look(store, "compare", other)
    record_look(store, "compare", [*other, *keys[:5]], keys[5:])
    record_look(store, "compare", [*other, "f" * 16, *keys[:5]], [*keys[5:], "e" * 16])
    record_look(store, "compare", keys)
    looks = read_results_folder(store.folder).looks
    assert [(len(look.finished), len(look.waiting)) for look in looks] == [(5, len(keys) - 5), (len(keys), 0)]
