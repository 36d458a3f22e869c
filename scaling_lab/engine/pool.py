"""Trains the points of a study in processes; whatever becomes of one is written down and stops no other."""

from collections.abc import Callable, Sequence
from contextlib import closing

from scaling_lab.data.streamed import DataSet
from scaling_lab.engine.processes import Failure
from scaling_lab.engine.slots import on_slots
from scaling_lab.engine.worker import train
from scaling_lab.records import Point, Result
from scaling_lab.results import Store
from scaling_lab.running import Running


def run(
    jobs: Sequence[tuple[Point, DataSet]],
    store: Store,
    slots: Sequence[str],
    running: Running,
    on_done: Callable[[str, Result | Failure], None],
) -> None:
    """Trains the points in this order, one a slot at a time; the workers store the results, failures are stored here.

    slots: the device of each worker. `on_done` is told the key and the outcome of each point as it ends.
    KeyboardInterrupt ends the workers; what they were training goes on from its checkpoint the next time.
    """
    calls = [(point, pictures, store.folder, running) for point, pictures in jobs]
    with closing(on_slots(train, calls, slots)) as ended:
        for place, outcome in ended:
            key = jobs[place][0].key
            if isinstance(outcome, Failure):
                store.add_failure(key, outcome.reason)
            on_done(key, outcome)
