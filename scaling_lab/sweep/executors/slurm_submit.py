"""Points to jobs of Slurm: submit and return."""

from collections.abc import Mapping, Sequence

from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.formatting import pluralize
from scaling_lab.store.results import Store, StoredResults, WriteError
from scaling_lab.store.submissions import record_submission, submitted_points
from scaling_lab.sweep.executors.slurm import Slurm, refuse_too_many
from scaling_lab.sweep.forecast import seconds
from scaling_lab.sweep.plan import Study, point_labels
from scaling_lab.sweep.schedule import ordered
from scaling_lab.sweep.status import Status

SHOWN = 5  # jobs


def hand_over(
    wanted: SweepOptions, engine: Slurm, planned: Study, store: Store, stored: StoredResults, now: Status
) -> None:
    """Asks Slurm for jobs for what is left and is neither trained now nor in a job that waits or runs; with `do=plan`
    tells how many. Raises UserError for what Slurm refuses."""
    given = submitted_points(store, now.left)
    if given:
        jobs = sorted(set(given.values()))
        shown = ", ".join(jobs[:SHOWN]) + " ..." * (len(jobs) > SHOWN)
        print(f"in jobs of Slurm that wait or run: {pluralize(len(given), 'point')} ({shown})")
    left = [key for key in now.left if key not in given and key not in now.running]
    each = seconds(planned, left, stored)
    order = ordered(planned, left, each, at_once(wanted, engine, len(left)), wanted.budget_hours)
    refuse_too_many(engine, len(order))
    if wanted.do == "plan" and order:
        jobs = len(engine.dealt(len(order)))
        print(f"{pluralize(jobs, 'job')} of Slurm of up to {pluralize(-(-len(order) // jobs), 'point')} each")
    if wanted.do == "plan" or not order:
        return
    asked = _asked(wanted, engine, planned, store, order, each)
    print(
        f"Slurm has {pluralize(len(order), 'point')} in {pluralize(len(asked), 'job')}: {asked[0]}"
        + (f" to {asked[-1]}" if len(asked) > 1 else "")
        + "; do=status tells how far they are, and the same command makes the report when they are done"
    )


def workers(wanted: SweepOptions, engine: Slurm) -> int:
    """Training processes of a job."""
    return engine.gpus * wanted.workers_per_device or engine.workers


def at_once(wanted: SweepOptions, engine: Slurm, points: int) -> int:
    """How many of so many points are trained at the same time, if Slurm lets all of their jobs run."""
    jobs = len(engine.dealt(points))
    return max(1, min(points, min(jobs, engine.jobs_at_once or jobs) * workers(wanted, engine)))


def _asked(
    wanted: SweepOptions,
    engine: Slurm,
    planned: Study,
    store: Store,
    order: Sequence[str],
    each: Mapping[str, float],
) -> list[str]:
    """Hands the points over, and writes down which job has which. The ids of the jobs."""
    from scaling_lab.sweep.executors.pool import GRACE
    from scaling_lab.sweep.executors.slurm import submit
    from scaling_lab.sweep.executors.slurm_job import Batch

    keys = [[order[place] for place in places] for places in engine.dealt(len(order))]
    named = point_labels(planned)
    batches = [
        Batch(
            points=tuple(planned.points[key] for key in some),
            sources={name: planned.sources[name] for name in {planned.points[key].data.name for key in some}},
            folder=store.folder.resolve(),
            running=wanted.running,
            labels={key: named[key] for key in some},
            seconds={key: each[key] for key in some if key in each},
            workers=workers(wanted, engine),
            gpus=engine.gpus,
            max_failures=wanted.max_failures,
            grace=min(GRACE, 0.7 * engine.signal_seconds),
        )
        for some in keys
    ]
    jobs = submit(engine, wanted.name, batches, store.folder, workers(wanted, engine))
    try:
        record_submission(store, jobs, keys)
    except WriteError as error:
        told = f"Slurm has the jobs {jobs[0]} to {jobs[-1]}; cancel them before this is asked again"
        raise WriteError(f"{error}; {told}") from None
    return jobs
