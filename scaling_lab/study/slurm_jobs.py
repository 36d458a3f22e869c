"""What became of the Slurm jobs that missing points were submitted to, in words for the status."""

import subprocess
from collections.abc import Iterable

COMMAND = ("squeue", "--noheader", "--array", "--states=all", "--format=%i %T")
TIMEOUT = 30  # seconds for squeue
WAITING = ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD")
STARTED = ("RUNNING", "COMPLETING", "SUSPENDED", "RESIZING", "SIGNALING", "STAGE_OUT", "STOPPED")


def describe_jobs(jobs: Iterable[str]) -> dict[str, str]:
    """Return what to say of a missing point, by the job that it was submitted to last.

    squeue shows jobs that have ended for some minutes; later ones are no longer known.
    """
    distinct = list(dict.fromkeys(jobs))
    states = _states() if distinct else {}
    return {job: _describe(job, states) for job in distinct}


def _describe(job: str, states: dict[str, str] | None) -> str:
    if states is None:
        return f"submitted to Slurm, job {job} (its state is unknown: squeue does not answer on this machine)"
    state = states.get(job)
    if state and state in (*WAITING, *STARTED):
        return f"submitted to Slurm, job {job} ({state.lower()})"
    ended = f"has ended ({state.lower().replace('_', ' ')})" if state else "is no longer known to Slurm"
    return f"its Slurm job {job} {ended} and left no result; the next run submits it again"


def _states() -> dict[str, str] | None:
    """Return the state of each job that squeue shows; None if it does not answer."""
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, check=True, timeout=TIMEOUT)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    pairs = (line.split() for line in done.stdout.splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
