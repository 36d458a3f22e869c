"""Status of a study: its plan minus the results in its folder."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from scaling_lab.store.leases import Leases, LeaseState
from scaling_lab.store.plan_schema import Plan, Question
from scaling_lab.store.results import Store, StoredResults
from scaling_lab.store.snapshot import snapshot_keys


@dataclass(frozen=True)
class Status:
    """Status of a plan. Each point is in exactly one of done, running, stale, failed and missing.

    Attributes:
        done: keys of points with a result, in the order of the plan, as all keys here.
        failed: reason of the failure, by key.
        missing: keys of points that nobody trains or has trained.
        remaining: keys of all points that are not done.
        broken: why a file cannot be read, by its name.
        unrelated: keys of results that answer no question of the plan.
        running: leases of points that are being trained, by key.
        stale: leases whose holder is dead or silent for too long, by key; the next run trains these points.
    """

    done: tuple[str, ...]
    failed: dict[str, str]
    missing: tuple[str, ...]
    remaining: tuple[str, ...]
    broken: Mapping[str, str]
    unrelated: tuple[str, ...]
    running: dict[str, LeaseState] = field(default_factory=dict)
    stale: dict[str, LeaseState] = field(default_factory=dict)

    def state(self, key: str) -> str:
        """Return done, running, stale, failed or missing."""
        for name in ("running", "stale", "failed"):
            if key in getattr(self, name):
                return name
        return "missing" if key in self.remaining else "done"


def compute_status(
    plan: Plan,
    stored: StoredResults,
    leases: Mapping[str, LeaseState] | None = None,
    snapshot: Collection[str] = frozenset(),
) -> Status:
    """Return how far a study is. Failed points remain to be trained, like missing ones.

    Args:
        plan: the plan.
        stored: results and failures that were read.
        leases: the last lease of each point.
        snapshot: keys of results that were not read because the snapshot contains them.
    """
    questions, finished = first_questions(plan), stored.results.keys() | snapshot
    remaining = tuple(key for key in questions if key not in finished)
    leased = {key: leases[key] for key in remaining if key in leases} if leases else {}
    # A dead holder of a failed point was the reason of the failure, or makes no difference.
    leased = {key: lease for key, lease in leased.items() if lease.is_alive or key not in stored.failures}
    failed = {key: stored.failures[key] for key in remaining if key in stored.failures and key not in leased}
    return Status(
        done=tuple(key for key in questions if key in finished),
        failed=failed,
        missing=tuple(key for key in remaining if key not in failed and key not in leased),
        remaining=remaining,
        broken=stored.broken,
        unrelated=tuple(key for key in stored.results if key not in questions),
        running={key: lease for key, lease in leased.items() if lease.is_alive},
        stale={key: lease for key, lease in leased.items() if not lease.is_alive},
    )


def read_status(store: Store, plan: Plan, lease_seconds: float) -> tuple[StoredResults, Status]:
    """Read the results that are not in the folder's snapshot, and return them with the status of the study."""
    known = snapshot_keys(store, plan)
    stored = store.read_results(known)
    return stored, compute_status(plan, stored, Leases(store.leases, lease_seconds).states(), known)


def reread_status(
    store: Store, plan: Plan, lease_seconds: float, earlier: StoredResults
) -> tuple[StoredResults, Status]:
    """Do the same as `read_status`, but read only results that were added since `earlier`: results never change."""
    snapshot, present = snapshot_keys(store, plan), store.result_sizes()
    known = {key: result for key, result in earlier.results.items() if key in present and key not in snapshot}
    added = store.read_results(snapshot | known.keys())
    results = known | added.results
    failures = {key: reason for key, reason in added.failures.items() if key not in results}
    stored = StoredResults(results, failures, added.broken)
    return stored, compute_status(plan, stored, Leases(store.leases, lease_seconds).states(), snapshot)


def quick_status(store: Store, plan: Plan, lease_seconds: float) -> Status:
    """Return the status by names of files alone, which is fast in a folder of any size. It has no failure reasons."""
    finished = store.result_sizes().keys() | snapshot_keys(store, plan)
    failed = dict.fromkeys(store.failure_counts().keys() - finished, "")
    return compute_status(plan, StoredResults({}, failed), Leases(store.leases, lease_seconds).states(), finished)


def first_questions(plan: Plan) -> dict[str, Question]:
    """Return the first question that each point answers, by key in the order of the plan."""
    questions: dict[str, Question] = {}
    for entry in plan.entries:
        questions.setdefault(entry.key, entry.question)
    return questions
