"""From questions to a report: plan, forecast, training of what is missing, table, report.

No Hydra here, and torch in the workers only. The front door hands over questions;
everything that is printed on the way is printed here.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic

from scaling_lab.config.sweep_options import AUDIT, SweepOptions
from scaling_lab.errors import UserError
from scaling_lab.formatting import pluralize
from scaling_lab.store.code_version import count_results_on_other_data
from scaling_lab.store.results import Store, WriteError
from scaling_lab.store.schema import Question, Run
from scaling_lab.store.snapshot import remove_outdated_snapshot
from scaling_lab.sweep.display.live import shown
from scaling_lab.sweep.display.plan_table import show
from scaling_lab.sweep.display.progress import Progress
from scaling_lab.sweep.display.status_lines import counts
from scaling_lab.sweep.executors.devices import CPU
from scaling_lab.sweep.executors.slurm import Slurm
from scaling_lab.sweep.executors.slurm_submit import at_once, hand_over
from scaling_lab.sweep.finish import finish_sweep, print_status, quick_status, read_status, result_provenances
from scaling_lab.sweep.plan import QuestionSpec, Study, plan_study, point_labels
from scaling_lab.sweep.preflight import refuse
from scaling_lab.sweep.schedule import ordered, timed
from scaling_lab.sweep.status import Status
from scaling_lab.training import interrupts

INTERRUPTED = 130


Train = Callable[[Sequence[Question]], object]


def run_sweep(
    wanted: SweepOptions, asked: Sequence[str], asks: Sequence[QuestionSpec], elsewhere: Train | None = None
) -> int:
    """Does what is wanted and returns the exit status: 0, 1 when a point failed, 130 after Ctrl-C.

    asked: the overrides that the questions came from, for the plan. elsewhere: trains the points that answer questions
    into the store, instead of the engine. Raises UserError for what cannot be asked or written, all mistakes at once.
    """
    no_audit(wanted)
    planned = plan_study(wanted.name, asked, asks, wanted.above_native)
    store = Store(wanted.results / wanted.name)
    if wanted.do == "status":
        print_status(store, planned.plan, wanted.lease_seconds)
        return 0
    stored, now = read_status(store, planned.plan, wanted.lease_seconds)
    if changed := count_results_on_other_data(planned.points.values(), stored):
        print(
            f"{pluralize(changed, 'result')} of other contents of a data set of that name lie beside and are not used"
        )
    slots = _slots(wanted, len(now.left))
    refuse(wanted, planned, now, result_provenances(store, stored, now), len(slots))
    if wanted.do == "run":
        _open(wanted, store, planned, now)
    if isinstance(wanted.engine, Slurm) and elsewhere is None and now.left:
        show(planned, now)
        hand_over(wanted, wanted.engine, planned, store, stored, now)
        return 0
    each = timed(planned, now.left, stored, slots, wanted.running) if elsewhere is None else {}
    show(planned, now)
    order = ordered(planned, now.left, each, len(slots), wanted.budget_hours)
    if wanted.do == "plan":
        return 0
    if not order:
        print("nothing to train" if now.left else "nothing to train: every point is finished")
    else:
        here = partial(_here, wanted, planned, store, order, each, slots)
        there = partial(elsewhere, [planned.questions[key] for key in order]) if elsewhere else None
        if not _train(wanted, planned, store, there or here, len(slots), len(order)):
            return INTERRUPTED
    end = finish_sweep(store, planned.plan, wanted.reports / wanted.name, wanted.lease_seconds)
    return 1 if set(end.left) & set(order) else 0


def no_audit(wanted: SweepOptions) -> None:
    """An audit has no questions: it goes to `scaling_lab.paper.audit`, not through here."""
    if wanted.do == AUDIT:
        raise UserError("do=audit goes with the sweeper `plan` and hydra.mode=MULTIRUN, as in study=published")


def _slots(wanted: SweepOptions, left: int) -> tuple[str, ...]:
    """The device of each worker, no more than there are points; where Slurm trains, of all its jobs."""
    if isinstance(wanted.engine, Slurm):
        return (CPU,) * at_once(wanted, wanted.engine, left)
    return wanted.slots()[: max(1, left)]


def _train(
    wanted: SweepOptions, planned: Study, store: Store, work: Callable[[], object], workers: int, points: int
) -> bool:
    """Trains; False when the user stopped it."""
    began, started = monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
    try:
        with interrupts.signals_as_keyboard_interrupt():
            work()
    except KeyboardInterrupt:
        now = quick_status(store, planned.plan, wanted.lease_seconds)
        print(f"\nstopped; {counts(planned.plan, now)}; the same command goes on from here")
        return False
    finally:
        with suppress(WriteError):  # what else could not be written is told
            store.add_run(Run(started, round(monotonic() - began, 1), workers, points))
    minutes, left = divmod(round(monotonic() - began), 60)
    print(f"trained for {minutes} min {left} s")
    return True


def _here(
    wanted: SweepOptions,
    planned: Study,
    store: Store,
    order: Sequence[str],
    each: Mapping[str, float],
    slots: Sequence[str],
) -> None:
    from scaling_lab.sweep.executors.pool import TooManyFailures, train_points

    jobs = [(planned.points[key], planned.pictures[planned.points[key].data.name]) for key in order]
    try:
        with shown(Progress(point_labels(planned), order, each, len(slots))) as watcher:
            train_points(jobs, store, slots, wanted.running, watcher, wanted.max_failures)
    except TooManyFailures as stop:
        print(f"stopped after {pluralize(stop.failures, 'failure')} (max_failures={wanted.max_failures})")


def _open(wanted: SweepOptions, store: Store, planned: Study, now: Status) -> None:
    """Makes the folders, and writes the plan."""
    store.open_for_writing()
    _open_for_writing(wanted.reports / wanted.name)
    for name in now.broken:
        print(f"{store.points / name} cannot be read; it is left out, and its point is trained again")
    _tell_replaced(store, planned)
    remove_outdated_snapshot(store, planned.plan)
    store.write_plan(planned.plan)


def _tell_replaced(store: Store, planned: Study) -> None:
    try:
        before = store.read_plan()
    except UserError:
        return
    if {entry.key for entry in before.entries} - set(planned.points):
        print(
            f"{store.folder} held another plan, of {len(before.entries)} questions; this one takes its place "
            "(its results stay; name=... keeps studies apart)"
        )


def _open_for_writing(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(f"reports folder {folder} cannot be written to: {error.strerror}") from None
