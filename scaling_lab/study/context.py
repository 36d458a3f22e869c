"""`SweepContext`: a study and what its results folder contains, read once when the sweep starts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.store.code_version import CODE_DIGEST
from scaling_lab.store.plan_schema import Plan
from scaling_lab.store.results import Store, StoredResults
from scaling_lab.store.snapshot import read_snapshot
from scaling_lab.study.other_plan import combine_plans, combine_verdicts, plan_at_end, stored_plan
from scaling_lab.study.plan import PlannedPoint, Study
from scaling_lab.study.status import Status, read_status, reread_status


@dataclass(frozen=True, eq=False)
class SweepContext:
    """A sweep of one study in one results folder.

    Attributes:
        options: options of the sweep.
        study: the questions of this command and their points.
        plan: the plan to write: the study's, and with `on_other_plan=extend` the questions of earlier commands too.
        stored: the plan that the results folder had when the sweep was opened; None if none could be read.
        store: the results folder.
        results: the results that were read; those in a snapshot are not.
        status: how far the study is.
    """

    options: SweepOptions
    study: Study
    plan: Plan
    stored: Plan | None
    store: Store
    results: StoredResults
    status: Status

    @classmethod
    def open(cls, options: SweepOptions, study: Study) -> "SweepContext":
        """Read the results folder. Writes nothing."""
        store = Store(options.results / options.name)
        stored = stored_plan(store)
        plan = combine_plans(stored, study.plan, options.on_other_plan)
        results, status = read_status(store, plan, options.execution.lease_seconds)
        verdicts = combine_verdicts(stored, plan, options.on_other_plan, len(status.done))
        plan = replace(plan, verdicts=verdicts)
        return cls(options, study, plan, stored, store, results, status)

    def refresh(self) -> "SweepContext":
        """Return the context with the results that were added since, and the plan as `plan_at_end` returns it."""
        lease, plan = self.options.execution.lease_seconds, plan_at_end(self)
        results, status = reread_status(self.store, plan, lease, self.results)
        return replace(self, plan=plan, results=results, status=status)

    @property
    def execution(self) -> ExecutionOptions:
        """How points are executed; with `same_version`, by this version of the code alone."""
        return replace(self.options.execution, code=CODE_DIGEST if self.options.same_version else None)

    @property
    def report_folder(self) -> Path:
        """Folder of the report."""
        return self.options.reports / self.options.name

    @property
    def remaining(self) -> dict[str, PlannedPoint]:
        """Points of this command without a result, by key in the order of the plan."""
        points = self.study.points
        return {key: points[key] for key in self.status.remaining if key in points}

    @property
    def provenances(self) -> list[Mapping[str, Any]]:
        """Provenance of each result of the plan."""
        return result_provenances(self.store, self.results, self.status)


def result_provenances(store: Store, results: StoredResults, status: Status) -> list[Mapping[str, Any]]:
    """Return code, commit and torch of each result of a plan; from the snapshot for those that were not read."""
    import pandas as pd

    provenances: list[Mapping[str, Any]] = [results.results[k].provenance for k in status.done if k in results.results]
    if len(provenances) < len(status.done) and (snapshot := read_snapshot(store)):
        rows = snapshot.rows.drop_duplicates("key")[["code", "commit", "torch"]]
        return [{str(name): value for name, value in row.items() if pd.notna(value)} for row in rows.to_dict("records")]
    return provenances
