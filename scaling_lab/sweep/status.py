"""Plan minus results."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from scaling_lab.store.leases import LeaseState
from scaling_lab.store.results import StoredResults
from scaling_lab.store.schema import Plan, Question


@dataclass(frozen=True)
class Status:
    """How far results answer a plan, by keys in the plan's order; every point is in one of done, running, stale, failed
    and missing.

    running: points that somebody trains now; stale: those whose holder is dead or silent for longer than the lease, so
    that the next run takes them up. failed: reasons by key. left: all that are not done. broken: names of files that
    cannot be read. others: results that answer no question of it.
    """

    done: tuple[str, ...]
    failed: dict[str, str]
    missing: tuple[str, ...]
    left: tuple[str, ...]
    broken: tuple[str, ...]
    others: tuple[str, ...]
    running: dict[str, LeaseState] = field(default_factory=dict)
    stale: dict[str, LeaseState] = field(default_factory=dict)

    def state(self, key: str) -> str:
        """done, running, stale, failed or missing."""
        for name in ("running", "stale", "failed"):
            if key in getattr(self, name):
                return name
        return "missing" if key in self.left else "done"


def status(
    plan: Plan,
    stored: StoredResults,
    held: Mapping[str, LeaseState] | None = None,
    sealed: Collection[str] = frozenset(),
) -> Status:
    """Plan minus results. What failed is left to do, like what is missing. held: the claims of the folder; sealed: keys
    of results that were not read because they are in the sealed table."""
    questions, finished = first_questions(plan), stored.results.keys() | sealed
    left = tuple(key for key in questions if key not in finished)
    claimed = {key: held[key] for key in left if key in held} if held else {}
    # a dead holder of a point that has failed was the reason, or comes to the same
    claimed = {key: one for key, one in claimed.items() if one.is_alive or key not in stored.failures}
    failed = {key: stored.failures[key] for key in left if key in stored.failures and key not in claimed}
    return Status(
        done=tuple(key for key in questions if key in finished),
        failed=failed,
        missing=tuple(key for key in left if key not in failed and key not in claimed),
        left=left,
        broken=stored.broken,
        others=tuple(key for key in stored.results if key not in questions),
        running={key: one for key, one in claimed.items() if one.is_alive},
        stale={key: one for key, one in claimed.items() if not one.is_alive},
    )


def first_questions(plan: Plan) -> dict[str, Question]:
    """The first question that each point answers, by key in the plan's order."""
    found: dict[str, Question] = {}
    for entry in plan.entries:
        found.setdefault(entry.key, entry.question)
    return found
