"""The points of a study whose networks did not learn, from the results that a command has read anyway."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaling_lab.store.plan_schema import Plan
from scaling_lab.store.results import Store, StoredResults
from scaling_lab.store.snapshot import read_snapshot
from scaling_lab.study.status import Status

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class UnlearnedPoints:
    """Networks that did not learn.

    Attributes:
        sentences: A headline and what follows it; empty if all learned.
        kinds: Kind of each point, by key: at chance, collapsed or diverged.
        details: The text on each point at chance or collapsed, by key. Diverged points have failed.
    """

    sentences: tuple[str, ...] = ()
    kinds: dict[str, str] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)


def find_unlearned_points(store: Store, plan: Plan, results: StoredResults, status: Status) -> UnlearnedPoints:
    """Return the points of a plan that did not learn."""
    return classify_unlearned(read_accuracies(store, plan, results, status), status)


def classify_unlearned(rows: "pd.DataFrame | None", status: Status) -> UnlearnedPoints:
    """Return the points that did not learn, from the table of `read_accuracies`."""
    if rows is None:
        return UnlearnedPoints()
    from scaling_lab.analysis.text.unlearned import describe_unlearned
    from scaling_lab.analysis.unlearned.kinds import classify_points

    points = classify_points(rows, status.failed)
    points = points[points["unlearned"] != ""]
    reasons = {
        "at chance": "is not above chance; analyses leave it out",
        "collapsed": "is far below other seeds of this network; averages include it",
    }
    details = {
        str(row["key"]): f"test accuracy {100 * row['test_accuracy']:.1f} % {reasons[row['unlearned']]}"
        for row in points.to_dict("records")
        if row["unlearned"] in reasons
    }
    kinds = dict(zip(map(str, points["key"]), points["unlearned"], strict=True))
    return UnlearnedPoints(tuple(describe_unlearned(rows, status.failed)), kinds, details)


def read_accuracies(store: Store, plan: Plan, results: StoredResults, status: Status) -> "pd.DataFrame | None":
    """Return a row per question: its fields, `key`, `learned` and `test_accuracy`; None if nothing was trained."""
    if not status.done and not status.failed:
        return None
    import pandas as pd

    if not set(status.done) <= results.results.keys() and (snapshot := read_snapshot(store)):
        return snapshot.rows
    rows = []
    for entry in plan.entries:
        result = results.results.get(entry.key)
        learned, accuracy = (result.learned, result.test_accuracy) if result else (None, None)
        rows.append(vars(entry.question) | {"key": entry.key, "learned": learned, "test_accuracy": accuracy})
    return pd.DataFrame(rows)
