"""The schedule of a sweep: points to train now, their order, and a forecast of the duration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scaling_lab.study.context import SweepContext
from scaling_lab.study.forecast import longest_first, wall_seconds
from scaling_lab.study.time_budget import ComparisonPoints, select_affordable


@dataclass(frozen=True)
class Schedule:
    """Points to train now.

    Attributes:
        keys: points, the longest first.
        seconds: forecast of each point by key, where there is one.
        slots: device of each worker.
        postponed: comparisons that do not fit into `budget_hours`.
        notes: lines of the executor about the schedule.
    """

    keys: tuple[str, ...]
    seconds: Mapping[str, float]
    slots: tuple[str, ...]
    postponed: tuple[ComparisonPoints, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def wall_seconds(self) -> float | None:
        """Forecast of the whole schedule; None if the duration of a point is unknown."""
        if any(key not in self.seconds for key in self.keys):
            return None
        return wall_seconds((self.seconds[key] for key in self.keys), len(self.slots))


def make_schedule(
    sweep: SweepContext, keys: Sequence[str], seconds: Mapping[str, float], slots: tuple[str, ...]
) -> Schedule:
    """Return the schedule of these points: those that fit into `budget_hours`, the longest first.

    Raises:
        UserError: there is a time budget and the duration of a point is unknown.
    """
    hours, postponed = sweep.options.budget_hours, tuple[ComparisonPoints, ...]()
    if hours is not None and keys:
        affordable = select_affordable(sweep.plan, keys, seconds, len(slots), hours)
        keys, postponed = affordable.keys, affordable.postponed
    return Schedule(tuple(longest_first(keys, seconds)), seconds, slots, postponed)
