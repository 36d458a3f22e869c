"""The record of submissions to Slurm, and which points are pending or running."""

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


def test_submissions_are_read_equal(store: Store) -> None:
    first, second = read_submissions(store)
    assert (first.jobs, first.keys) == (("17_0", "17_1"), (("a", "b"), ("c",)))
    assert second.jobs == ("18",)
    assert last_jobs(store) == {"a": "17_0", "b": "18", "c": "17_1"}


def test_a_truncated_line_affects_no_other(store: Store) -> None:
    path = store.folder / module.JOBS_FILE
    text = path.read_text()
    path.write_text(text + text[:30] + "\n" + "[]\n")
    assert len(read_submissions(store)) == 2
    assert read_submissions(Store(store.folder / "elsewhere")) == []


def test_only_pending_and_running_jobs_count(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    squeue = commands / "squeue"
    squeue.write_text('#!/bin/sh\necho "17_1\n18\n99"\n')
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:/bin:/usr/bin")
    assert submitted_points(store, {"a", "b", "c", "d"}) == {"b": "18", "c": "17_1"}
    assert submitted_points(store, {"a"}) == {}
    squeue.write_text('#!/bin/sh\n[ "$2" = --array ] && echo 17_1\n')  # without it squeue prints 17_[0-1]
    assert submitted_points(store, {"b", "c"}) == {"c": "17_1"}


def test_an_unknown_job_state_is_an_error(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Submitting its points again could train them twice."""
    monkeypatch.setenv("PATH", str(tmp_path))
    squeue = tmp_path / "squeue"
    squeue.write_text("#!/bin/sh\necho no controller >&2\nexit 1\n")
    squeue.chmod(0o755)
    with pytest.raises(UserError, match=r"squeue.* 1 submitted point .*: .*no controller"):
        submitted_points(store, {"b", "d"})
    assert submitted_points(store, {"d"}) == {}
    squeue.unlink()
    with pytest.raises(UserError, match="No such file or directory: 'squeue'"):
        submitted_points(store, {"b"})


def test_a_line_after_a_truncated_one_is_read(store: Store) -> None:
    path = store.folder / module.JOBS_FILE
    path.write_text(path.read_text()[:-20])
    record_submission(store, ["19"], [["d"]])
    assert [submission.jobs for submission in read_submissions(store)] == [("17_0", "17_1"), ("19",)]


def test_a_record_that_cannot_be_written_is_an_error() -> None:
    with pytest.raises(WriteError, match=r"nowhere/jobs\.jsonl"):
        record_submission(Store(Path("nowhere")), ["1"], [["a"]])
