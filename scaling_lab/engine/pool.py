"""Trains the points of a study in processes; whatever becomes of one is written down and stops no other."""

from collections.abc import Callable, Sequence
from contextlib import closing

from scaling_lab.data.pictures import Pictures
from scaling_lab.engine.processes import Failure, each
from scaling_lab.engine.worker import train
from scaling_lab.records import Point, Result
from scaling_lab.results import Store


def run(
    jobs: Sequence[tuple[Point, Pictures]],
    store: Store,
    workers: int,
    on_done: Callable[[str, Result | Failure], None],
) -> None:
    """Trains the points in this order, `workers` at a time; the workers store the results, failures are stored here.

    `on_done` is told the key and the outcome of each point as it ends. KeyboardInterrupt ends the workers.
    """
    calls = [(point, pictures, store.folder) for point, pictures in jobs]
    with closing(each(train, calls, workers)) as ended:
        for place, outcome in ended:
            key = jobs[place][0].key
            if isinstance(outcome, Failure):
                store.add_failure(key, outcome.reason)
            on_done(key, outcome)
