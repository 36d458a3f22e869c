"""What was handed to Slurm: our own record, for accounting may be off. No torch.

results/<study>/jobs.jsonl   a line each time points were handed over
"""

import json
import subprocess
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from scaling_lab.atomic import append_line
from scaling_lab.errors import UserError
from scaling_lab.formatting import pluralize
from scaling_lab.store.decode import decode
from scaling_lab.store.results import Store, WriteError

JOBS_FILE = "jobs.jsonl"
SQUEUE_TIMEOUT = 30  # seconds for squeue


@dataclass(frozen=True)
class Submission:
    """Points handed over at once. when: UTC. jobs: the ids, and keys: the points of each, in the same order."""

    when: str
    jobs: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]


def record_submission(store: Store, jobs: Sequence[str], keys: Sequence[Sequence[str]]) -> None:
    """Writes down what each job was given. Raises WriteError."""
    handed = Submission(datetime.now(UTC).isoformat(timespec="seconds"), tuple(jobs), tuple(map(tuple, keys)))
    path = store.folder / JOBS_FILE
    try:
        append_line(path, json.dumps(asdict(handed)))
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}") from None


def read_submissions(store: Store) -> list[Submission]:
    """All of it, oldest first; a line that cannot be read is left out."""
    path, found = store.folder / JOBS_FILE, []
    with suppress(OSError):
        for line in path.read_text(errors="replace").splitlines():
            with suppress(ValueError):
                found.append(decode(Submission, json.loads(line)))
    return found


def last_jobs(store: Store) -> dict[str, str]:
    """The job that each point was given to last, by key."""
    return {
        key: job
        for one in read_submissions(store)
        for job, keys in zip(one.jobs, one.keys, strict=False)
        for key in keys
    }


def submitted_points(store: Store, keys: Collection[str]) -> dict[str, str]:
    """Those of these points whose job waits or runs, with the job.

    Raises UserError where some were handed over and squeue does not say what became of their jobs.
    """
    given = {key: job for key, job in last_jobs(store).items() if key in keys}
    alive = _alive(len(given)) if given else frozenset()
    return {key: job for key, job in given.items() if job in alive}


def _alive(points: int) -> frozenset[str]:
    """Jobs that wait or run, by squeue, which needs no accounting."""
    asked = ["squeue", "--noheader", "--array", "--format=%i"]
    try:
        said = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=SQUEUE_TIMEOUT)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        why = " ".join(str(getattr(error, "stderr", None) or error).split())
        raise UserError(
            f"squeue does not say whether the jobs of {pluralize(points, 'point')} that were handed over wait or run, "
            f"and to hand them over again would train them twice: {why}"
        ) from None
    return frozenset(said.stdout.split())
