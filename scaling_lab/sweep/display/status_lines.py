"""How far a study is, as text: a line a point that is not done, then the counts."""

from collections.abc import Iterable, Iterator, Mapping

from scaling_lab.formatting import format_forecast, pluralize
from scaling_lab.store.leases import LeaseState
from scaling_lab.store.schema import Plan
from scaling_lab.sweep.display.progress import how_far
from scaling_lab.sweep.plan import question_label
from scaling_lab.sweep.status import Status, first_questions

SHOWN = 60


def status_lines(plan: Plan, status: Status, jobs: Mapping[str, str] | None = None) -> Iterator[str]:
    """What runs and how far it is, what fell silent, what failed and why, what is missing, what cannot be read. jobs:
    of Slurm, to which points were handed last."""
    questions = first_questions(plan)
    told: dict[str, dict[str, str]] = {
        "running": {key: f": {how_far(held.progress)}, {_where(held)}" for key, held in status.running.items()},
        "stale": {key: f": {_silent(held)}" for key, held in status.stale.items()},
        "failed": {key: f": {reason}" for key, reason in status.failed.items()},
        "missing": {
            key: f": handed to Slurm, job {jobs[key]}" if jobs and key in jobs else "" for key in status.missing
        },
    }
    for heading, points in told.items():
        lines = [f"{heading:8} {key}  {question_label(questions[key])}{more}" for key, more in points.items()]
        yield from _some(heading, lines)
    yield from _some("broken", [f"broken   {name} cannot be read and is left out" for name in status.broken])
    if others := len(status.others):
        yield f"{pluralize(others, 'result')} of other plans {'lies' if others == 1 else 'lie'} beside"
    yield counts(plan, status)


def counts(plan: Plan, status: Status) -> str:
    """`mine: 48 questions, 30 points: 12 done, 2 running, 1 failed, 15 missing`; who runs and is stale where any is."""
    points, questions = len(status.done) + len(status.left), len(plan.entries)
    named = {name: len(getattr(status, name)) for name in ("done", "running", "failed", "stale", "missing")}
    said = ", ".join(f"{number} {name}" for name, number in named.items() if number or name not in ("running", "stale"))
    return f"{plan.study}: {pluralize(questions, 'question')}, {pluralize(points, 'point')}: {said}"


def _some(heading: str, lines: list[str]) -> Iterable[str]:
    more = len(lines) - SHOWN
    return lines if more <= 0 else [*lines[:SHOWN], f"{heading:8} ... and {more} more"]


def _where(held: LeaseState) -> str:
    return f"on {held.host} by process {held.pid}" if held.host else "somewhere"


def _silent(held: LeaseState) -> str:
    since = format_forecast(held.silent_seconds).removeprefix("about ")
    return f"{how_far(held.progress)}, {_where(held)}, silent for {since}; the next run takes it up"
