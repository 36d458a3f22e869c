"""What of a study is to be trained now, in which order, and how long that takes. Prints what it finds."""

from collections.abc import Collection, Mapping, Sequence

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.store.results import StoredResults
from scaling_lab.sweep.display.plan_table import forecast
from scaling_lab.sweep.forecast import Timed, longest_first, seconds, to_time, wall
from scaling_lab.sweep.plan import Study
from scaling_lab.sweep.time_budget import affordable


def timed(
    planned: Study, left: Collection[str], stored: StoredResults, slots: Sequence[str], running: ExecutionOptions
) -> dict[str, float]:
    """Seconds of each point left; a few steps are timed here where no result tells."""
    ends = to_time(planned, left, stored)
    found: list[Timed] = []
    if ends:
        from scaling_lab.sweep.executors.step_timing import time_steps

        print(f"timing a few training steps ({len(ends)} of the networks) ...", flush=True)
        rates = time_steps([point for _, point in ends], slots, running)
        found = [Timed(family, point.network, rate) for (family, point), rate in zip(ends, rates, strict=True) if rate]
    return seconds(planned, left, stored, found)


def ordered(
    planned: Study, left: Sequence[str], each: Mapping[str, float], workers: int, hours: float | None
) -> list[str]:
    """Points that are left and fit into so many hours, the longest first."""
    if hours is not None and left:
        found = affordable(planned.plan, left, each, workers, hours)
        for comparison in found.left_out:
            print(f"left for another time (budget_hours={hours:g}): {comparison.name}")
        left = found.keys
    order = longest_first(left, each)
    if order:
        known = all(key in each for key in order)
        print(forecast(len(order), workers, wall((each[key] for key in order), workers) if known else None))
    return order
