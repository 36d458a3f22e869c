"""The record of what Slurm was given, and which of it waits or runs."""

from pathlib import Path

import pytest

from scaling_lab import handed as module
from scaling_lab.handed import hand, handed, in_jobs, last_job
from scaling_lab.results import Store, WriteError


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path)
    hand(made, ["17_0", "17_1"], [["a", "b"], ["c"]])
    hand(made, ["18"], [["b"]])
    return made


def test_what_was_handed_over_comes_back(store: Store) -> None:
    first, second = handed(store)
    assert (first.jobs, first.keys) == (("17_0", "17_1"), (("a", "b"), ("c",)))
    assert second.jobs == ("18",)
    assert last_job(store) == {"a": "17_0", "b": "18", "c": "17_1"}


def test_a_line_cut_short_loses_no_other(store: Store) -> None:
    path = store.folder / module.NAME
    whole = path.read_text()
    path.write_text(whole + whole[:30] + "\n" + "[]\n")
    assert len(handed(store)) == 2
    assert handed(Store(store.folder / "elsewhere")) == []


def test_only_jobs_that_wait_or_run_count(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    squeue = commands / "squeue"
    squeue.write_text('#!/bin/sh\necho "17_1\n18\n99"\n')
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:/bin:/usr/bin")
    assert in_jobs(store, {"a", "b", "c", "d"}) == {"b": "18", "c": "17_1"}
    assert in_jobs(store, {"a"}) == {}
    squeue.write_text("#!/bin/sh\nexit 1\n")
    assert in_jobs(store, {"b"}) == {}
    squeue.unlink()
    monkeypatch.setenv("PATH", str(commands))
    assert in_jobs(store, {"b"}) == {}


def test_where_it_cannot_be_written_it_is_told() -> None:
    with pytest.raises(WriteError, match=r"nowhere/jobs\.jsonl cannot be written"):
        hand(Store(Path("nowhere")), ["1"], [["a"]])
