"""Status of a study as text: a line for each point that is not done, then the counts."""

from collections.abc import Iterable, Iterator, Mapping

from scaling_lab.formatting import format_forecast, make_printable, pluralize
from scaling_lab.store.code_version import count_versions, describe_mixed_versions
from scaling_lab.store.leases import LeaseState
from scaling_lab.store.plan_schema import Plan
from scaling_lab.store.results import Store, StoredResults
from scaling_lab.store.submissions import last_jobs
from scaling_lab.study.context import result_provenances
from scaling_lab.study.display.progress import format_progress
from scaling_lab.study.labels import question_label, varying_settings
from scaling_lab.study.resumable import checkpoint_steps
from scaling_lab.study.slurm_jobs import describe_jobs
from scaling_lab.study.status import Status, first_questions, read_status
from scaling_lab.study.unlearned import find_unlearned_points

MAX_LINES = 60  # of each state


def print_status(store: Store, plan: Plan, lease_seconds: float) -> None:
    """Read a results folder and print how far the study is, and the versions of the code if there are several."""
    stored, status = read_status(store, plan, lease_seconds)
    print_status_lines(store, plan, status, stored)
    if mixed := describe_mixed_versions(count_versions(result_provenances(store, stored, status))):
        print(mixed)


def print_status_lines(store: Store, plan: Plan, status: Status, stored: StoredResults) -> None:
    """Print the status with the Slurm jobs that points were submitted to, and the points that did not learn."""
    unlearned = find_unlearned_points(store, plan, stored, status)
    for sentence in unlearned.sentences:
        print(sentence)
    jobs = {key: job for key, job in last_jobs(store).items() if key in status.missing}
    descriptions = describe_jobs(jobs.values())
    job_states = {key: descriptions[job] for key, job in jobs.items()}
    for line in status_lines(plan, status, job_states, checkpoint_steps(store), unlearned.details):
        print(line)


def status_lines(
    plan: Plan,
    status: Status,
    jobs: Mapping[str, str] | None = None,
    steps: Mapping[str, int] | None = None,
    unlearned: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Yield a line for each point that is not done or did not learn, for unreadable files, then the counts.

    Args:
        plan: the plan.
        status: its status.
        jobs: what became of the Slurm job that a point was submitted to last, by key.
        steps: the step of the latest checkpoint of each point that has one, by key.
        unlearned: the text on each finished point that did not learn, by key.
    """
    steps = steps or {}
    shown = varying_settings([entry.question for entry in plan.entries])
    labels = {key: question_label(question, shown) for key, question in first_questions(plan).items()}
    for heading, details in _point_details(status, jobs or {}, steps).items():
        yield from _truncated(heading, [f"{heading:8} {key}  {labels[key]}{more}" for key, more in details.items()])
    not_learned = [f"unlearned {key} {labels[key]}: {detail}" for key, detail in (unlearned or {}).items()]
    yield from _truncated("unlearned", not_learned)
    broken = [
        f"broken   {make_printable(name)} cannot be read ({why}); left out" for name, why in status.broken.items()
    ]
    yield from _truncated("broken", broken)
    if unrelated := len(status.unrelated):
        verb = "belongs" if unrelated == 1 else "belong"
        yield f"{pluralize(unrelated, 'result')} in this folder {verb} to other plans"
    if resumable := sum(key in steps for key in (*status.missing, *status.stale, *status.failed)):
        yield f"in progress: {pluralize(resumable, 'point')} with a checkpoint; the next run resumes from it"
    yield format_counts(plan, status)


def _point_details(status: Status, jobs: Mapping[str, str], steps: Mapping[str, int]) -> dict[str, dict[str, str]]:
    """Return, for each state but done, what follows the label of each point, by key."""
    return {
        "running": {
            key: f": {format_progress(lease.progress)}, {_place(lease)}" for key, lease in status.running.items()
        },
        "stale": {key: f": {_stale(lease)}" for key, lease in status.stale.items()},
        "failed": {key: f": {reason}" for key, reason in status.failed.items()},
        "missing": {
            key: (f": {jobs[key]}" if key in jobs else "")
            + (f": resumes from step {steps[key]}" if key in steps else "")
            for key in status.missing
        },
    }


def format_counts(plan: Plan, status: Status) -> str:
    """Return `mine: 48 questions, 30 points: 12 done, 1 failed, 17 missing`, and running and stale if any."""
    points, questions = len(status.done) + len(status.remaining), len(plan.entries)
    numbers = {name: len(getattr(status, name)) for name in ("done", "running", "failed", "stale", "missing")}
    shown = [f"{number} {name}" for name, number in numbers.items() if number or name not in ("running", "stale")]
    return f"{plan.study}: {pluralize(questions, 'question')}, {pluralize(points, 'point')}: {', '.join(shown)}"


def _truncated(heading: str, lines: list[str]) -> Iterable[str]:
    more = len(lines) - MAX_LINES
    return lines if more <= 0 else [*lines[:MAX_LINES], f"{heading:8} ... and {more} more"]


def _place(lease: LeaseState) -> str:
    return f"on {lease.host} in process {lease.pid}" if lease.host else "in an unknown process"


def _stale(lease: LeaseState) -> str:
    silent = format_forecast(lease.silent_seconds).removeprefix("about ")
    return f"{format_progress(lease.progress)}, {_place(lease)}, silent for {silent}; the next run trains it"
