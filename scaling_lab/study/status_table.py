"""Status of a study as a table of its points, for notebooks."""

from typing import cast

import pandas as pd

from scaling_lab.store.ranges import MAX_COUNT
from scaling_lab.store.results import Store
from scaling_lab.study.resumable import checkpoint_steps
from scaling_lab.study.status import first_questions, read_status
from scaling_lab.study.unlearned import find_unlearned_points
from scaling_lab.validation import is_integer

STATES = ("done", "running", "stale", "failed", "missing")
COLUMNS = ("family", "rule", "times_flops", "dataset", "recipe", "seed")


def make_status_table(store: Store, lease_seconds: float) -> pd.DataFrame:
    """Return the state of each point of a results folder, one row per point in the order of the plan.

    Args:
        store: The results folder.
        lease_seconds: A process that is silent for longer counts as stale.

    Raises:
        UserError: There is no plan, or it cannot be read.
    """
    plan = store.read_plan()
    stored, status = read_status(store, plan, lease_seconds)
    unlearned = find_unlearned_points(store, plan, stored, status).kinds
    steps = checkpoint_steps(store)
    for key, lease in (status.running | status.stale).items():
        if is_integer(step := lease.progress.get("steps"), 0, MAX_COUNT):
            steps[key] = cast(int, step)
    rows = [
        {
            "key": key,
            "state": status.state(key),
            **{name: getattr(question, name) for name in COLUMNS},
            "reason": status.failed.get(key),
            "unlearned": unlearned.get(key),
            "step": steps.get(key) if key in status.remaining else None,
        }
        for key, question in first_questions(plan).items()
    ]
    table = pd.DataFrame(rows, columns=["key", "state", *COLUMNS, "reason", "unlearned", "step"])
    table["state"] = table["state"].astype(pd.CategoricalDtype(list(STATES)))
    types = {"times_flops": "Float64", "reason": "string", "unlearned": "string", "step": "Int64"}
    table = table.astype(types)
    table.attrs = {"study": plan.study}
    return table
