"""Record of the points submitted to Slurm. It is kept here because a cluster's accounting may be off. No torch.

results/<study>/jobs.jsonl   one line per submission
"""

import json
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from scaling_lab.atomic import append_line
from scaling_lab.errors import UserError
from scaling_lab.formatting import pluralize
from scaling_lab.store.reading import read_records
from scaling_lab.store.results import Store, reporting_write_errors

JOBS_FILE = "jobs.jsonl"
SQUEUE_TIMEOUT = 30  # seconds for squeue
FOLDER = "slurm"  # in the results folder: files of submitit, and of points on several nodes


def private_folder(results: Path) -> Path:
    """Return the folder for files that only their owner may read, the only one with pickles. Raises OSError."""
    folder = results / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


@dataclass(frozen=True)
class Submission:
    """Points submitted together.

    Attributes:
        when: Time of the submission, UTC.
        jobs: Ids of the Slurm jobs.
        keys: Keys of the points of each job, in the order of `jobs`.
    """

    when: str
    jobs: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]


def record_submission(store: Store, jobs: Sequence[str], keys: Sequence[Sequence[str]]) -> None:
    """Append a submission to the record.

    Args:
        jobs: Ids of the Slurm jobs.
        keys: Keys of the points of each job.

    Raises:
        WriteError: The file cannot be written.
    """
    submission = Submission(datetime.now(UTC).isoformat(timespec="seconds"), tuple(jobs), tuple(map(tuple, keys)))
    with reporting_write_errors(store.folder / JOBS_FILE) as path:
        append_line(path, json.dumps(asdict(submission)))


def read_submissions(store: Store) -> list[Submission]:
    """Return all submissions, oldest first, without lines that cannot be read."""
    return read_records(store.folder / JOBS_FILE, Submission)


def last_jobs(store: Store) -> dict[str, str]:
    """Return the job of each point's latest submission, by key."""
    return {
        key: job
        for submission in read_submissions(store)
        for job, keys in zip(submission.jobs, submission.keys, strict=False)
        for key in keys
    }


def submitted_points(store: Store, keys: Collection[str]) -> dict[str, str]:
    """Return those of these points whose job is pending or running, with the job.

    Raises:
        UserError: Some were submitted before, and squeue does not answer about their jobs.
    """
    jobs = {key: job for key, job in last_jobs(store).items() if key in keys}
    active = _active_jobs(len(jobs)) if jobs else frozenset()
    return {key: job for key, job in jobs.items() if job in active}


def _active_jobs(points: int) -> frozenset[str]:
    """Return the jobs that are pending or running, from squeue, which needs no accounting."""
    command = ["squeue", "--noheader", "--array", "--format=%i"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=SQUEUE_TIMEOUT)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        reason = " ".join(str(getattr(error, "stderr", None) or error).split())
        raise UserError(
            f"squeue cannot show whether the jobs of {pluralize(points, 'submitted point')} are pending or running, "
            f"and submitting again would train them twice: {reason}"
        ) from None
    return frozenset(done.stdout.split())
