"""The record of what Slurm was given, and which of it waits or runs."""

from pathlib import Path

import pytest

from scaling_lab.errors import UserError
from scaling_lab.store import submissions as module
from scaling_lab.store.results import Store, WriteError
from scaling_lab.store.submissions import last_jobs, read_submissions, record_submission, submitted_points


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path)
    record_submission(made, ["17_0", "17_1"], [["a", "b"], ["c"]])
    record_submission(made, ["18"], [["b"]])
    return made


def test_what_was_handed_over_comes_back(store: Store) -> None:
    first, second = read_submissions(store)
    assert (first.jobs, first.keys) == (("17_0", "17_1"), (("a", "b"), ("c",)))
    assert second.jobs == ("18",)
    assert last_jobs(store) == {"a": "17_0", "b": "18", "c": "17_1"}


def test_a_line_cut_short_loses_no_other(store: Store) -> None:
    path = store.folder / module.JOBS_FILE
    whole = path.read_text()
    path.write_text(whole + whole[:30] + "\n" + "[]\n")
    assert len(read_submissions(store)) == 2
    assert read_submissions(Store(store.folder / "elsewhere")) == []


def test_only_jobs_that_wait_or_run_count(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    squeue = commands / "squeue"
    squeue.write_text('#!/bin/sh\necho "17_1\n18\n99"\n')
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:/bin:/usr/bin")
    assert submitted_points(store, {"a", "b", "c", "d"}) == {"b": "18", "c": "17_1"}
    assert submitted_points(store, {"a"}) == {}
    squeue.write_text('#!/bin/sh\n[ "$2" = --array ] && echo 17_1\n')  # else it would say 17_[0-1]
    assert submitted_points(store, {"b", "c"}) == {"c": "17_1"}


def test_where_nobody_knows_what_became_of_a_job_nothing_is_said(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its points would be trained a second time."""
    monkeypatch.setenv("PATH", str(tmp_path))
    squeue = tmp_path / "squeue"
    squeue.write_text("#!/bin/sh\necho no controller >&2\nexit 1\n")
    squeue.chmod(0o755)
    with pytest.raises(UserError, match=r"squeue does not say whether the jobs of 1 point .* no controller"):
        submitted_points(store, {"b", "d"})
    assert submitted_points(store, {"d"}) == {}
    squeue.unlink()
    with pytest.raises(UserError, match="No such file or directory: 'squeue'"):
        submitted_points(store, {"b"})


def test_a_line_that_was_cut_short_takes_not_the_next_with_it(store: Store) -> None:
    path = store.folder / module.JOBS_FILE
    path.write_text(path.read_text()[:-20])
    record_submission(store, ["19"], [["d"]])
    assert [one.jobs for one in read_submissions(store)] == [("17_0", "17_1"), ("19",)]


def test_where_it_cannot_be_written_it_is_told() -> None:
    with pytest.raises(WriteError, match=r"nowhere/jobs\.jsonl cannot be written"):
        record_submission(Store(Path("nowhere")), ["1"], [["a"]])
