"""Read a results folder into the table of its study: the first step of every analysis."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.verdict_options import VerdictOptions, parse_contrasts
from scaling_lab.config.sweep_options import check_delta
from scaling_lab.errors import UserError
from scaling_lab.formatting import make_printable, pluralize
from scaling_lab.store.imported import read_imported
from scaling_lab.store.imported_table import imported_table
from scaling_lab.store.looks import LOOKS_FILE, count_lost_looks, read_looks, record_reader_look
from scaling_lab.store.plan_schema import DEFAULT_VERDICTS, PlannedVerdicts, Skipped
from scaling_lab.store.results import Store, StoredResults
from scaling_lab.store.snapshot import read_snapshot
from scaling_lab.store.studies import open_store
from scaling_lab.store.table import results_table

MAX_LISTED = 3  # unreadable files in a note


@dataclass(frozen=True, eq=False)
class ResultsFolder:
    """The content of a results folder.

    Attributes:
        study: Name of the study.
        commands: Command-line overrides of each command that has questions in the study, oldest first.
        table: One row per question, as `scaling_lab.store.table` makes it.
        store: The folder's store.
        stored: The result files that were read; empty if the table comes from a snapshot.
        skipped: Questions that the plan leaves out because no network answers them.
        verdicts: Which pairs of rules the plan tests, and which difference matters.
    """

    study: str
    commands: tuple[tuple[str, ...], ...]
    table: pd.DataFrame
    store: Store
    stored: StoredResults
    skipped: tuple[Skipped, ...] = ()
    verdicts: PlannedVerdicts = DEFAULT_VERDICTS

    @property
    def is_imported(self) -> bool:
        """Whether the results were trained elsewhere: such a study has no command."""
        return not self.commands

    @property
    def verdict_options(self) -> VerdictOptions:
        """The options of verdicts on accuracies."""
        return VerdictOptions.from_points(self.verdicts.pairs, self.verdicts.delta)

    def verdict_options_by(self, metric: Metric, delta: float | None = None) -> VerdictOptions:
        """Return the options of verdicts by a metric.

        Args:
            metric: The measurement that is compared.
            delta: Smallest difference that matters, in the metric's unit; None for the plan's, which is for accuracies.
        """
        if metric.is_accuracy:
            return self.verdict_options
        return VerdictOptions(self.verdicts.pairs, None if delta is None else delta / metric.scale)

    def with_verdicts(
        self, contrasts: str | None, delta: object, rules: Collection[str] | None = None
    ) -> "ResultsFolder":
        """Return the content with other options of verdicts than the plan's; None keeps those of the plan.

        Args:
            contrasts: Pairs of rules such as `compound-width,compound-depth`.
            delta: Smallest difference that matters, in percentage points.
            rules: Names of the rules that contrasts may have; by default those of the study.

        Raises:
            UserError: A pair names an unknown rule, or delta is out of range.
        """
        verdicts, finished = self.verdicts, int((self.table.drop_duplicates("key")["state"] == "done").sum())
        points = check_delta("delta", delta)
        if points is not None and points != verdicts.delta:
            verdicts = replace(verdicts, delta=points, delta_after=finished)
        if contrasts is not None:
            pairs = parse_contrasts("contrasts", contrasts.split(","), self.rules if rules is None else rules)
            if set(map(frozenset, pairs)) != set(map(frozenset, verdicts.contrasts)):
                verdicts = replace(verdicts, contrasts=pairs, finished_before=finished)
        return replace(self, verdicts=verdicts)

    @property
    def rules(self) -> list[str]:
        """Names of the rules, in the order of the table."""
        return list(map(str, self.table["rule"].unique()))

    @property
    def unlearned(self) -> list[str]:
        """Sentences on the networks that did not learn, the first a headline; empty if all did."""
        from scaling_lab.analysis.text.unlearned import describe_unlearned

        return describe_unlearned(self.table, self.stored.failures)

    @property
    def finished(self) -> tuple[str, ...]:
        """Keys of the points with a result, in the order of the table."""
        return self._keys("done")

    @property
    def waiting(self) -> tuple[str, ...]:
        """Keys of the points that have neither a result nor failed, in the order of the table."""
        return self._keys("missing")

    @property
    def looks(self) -> tuple[Look, ...]:
        """The recorded looks at the verdicts of the study, oldest first, with the points of its plan only."""
        known, finished, looks = frozenset(self.table["key"]), frozenset[str](), list[Look]()
        for recorded in read_looks(self.store):
            added, waiting = known.intersection(recorded.keys) - finished, known.intersection(recorded.waiting)
            if not added and (not looks or looks[-1].waiting <= waiting):
                continue  # a look at the same data, or at those of other plans
            finished |= added
            looks.append(Look(finished, waiting, recorded.share))
        return tuple(looks)

    def record_look(self, command: str) -> None:
        """Record a look at the verdicts.

        Args:
            command: What shows them.
        """
        record_reader_look(self.store, command, self.finished, self.waiting)

    @property
    def error_rate_notes(self) -> list[str]:
        """Sentences on what makes p values too small: contrasts and a delta set late, and looks that were lost."""
        notes = []
        if lost := count_lost_looks(self.store):
            notes.append(
                f"{LOOKS_FILE} lacks {pluralize(lost, 'look')} at the verdicts that there {_was(lost)} when the last "
                "report was written: p values are not corrected for "
                f"{'it' if lost == 1 else 'them'} and are too small."
            )
        if self.verdicts.contrasts and (late := self.verdicts.finished_before):
            notes.append(
                f"The contrasts were set when {pluralize(late, 'point')} had a result, so they were not planned: "
                "p values hold only for contrasts that are chosen before any result is seen."
            )
        if self.verdicts.delta is not None and (late := self.verdicts.delta_after):
            notes.append(
                f"Delta was set when {pluralize(late, 'point')} had a result; 'alike' has the stated error rate "
                "only for a delta that is chosen before any result is seen."
            )
        return notes

    @property
    def notes(self) -> list[str]:
        """Sentences on contrasts and a delta set late, on unreadable files, and on points without a result."""
        states = self.table.drop_duplicates(subset=["key"])["state"].value_counts()
        notes = self.error_rate_notes
        if broken := self.stored.broken:
            files = [f"{make_printable(name)} ({reason})" for name, reason in broken.items()]
            listed = ", ".join(files[:MAX_LISTED]) + (" ..." if len(files) > MAX_LISTED else "")
            notes.append(f"{pluralize(len(files), 'file')} cannot be read and {_was(len(files))} left out: {listed}.")
        points = pluralize(int(states.sum()), "point")
        if failed := int(states.get("failed", 0)):
            notes.append(f"{failed} of {points} failed.")
        if missing := int(states.get("missing", 0)):
            notes.append(f"{missing} of {points} {'has' if missing == 1 else 'have'} no result.")
        return notes

    def _keys(self, state: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.table.loc[self.table["state"] == state, "key"]))


def read_results_folder(results: Path, mixed_devices: bool = False) -> ResultsFolder:
    """Read a results folder; if it has a snapshot, only the snapshot.

    Args:
        results: The folder.
        mixed_devices: Whether results of several devices may be compared.

    Raises:
        UserError: The folder does not exist, its plan is missing or unreadable, or its results come from several
            devices and `mixed_devices` is false.
    """
    store = open_store(results)
    if imported := read_imported(store):
        folder = ResultsFolder(imported.study, (), imported_table(imported), store, StoredResults())
    elif snapshot := read_snapshot(store):
        content = (snapshot.study, snapshot.commands, snapshot.rows, store, StoredResults())
        folder = ResultsFolder(*content, snapshot.skipped, snapshot.verdicts)
    else:
        plan, stored = store.read_plan(), store.read_results()
        table = results_table(plan, stored)
        folder = ResultsFolder(plan.study, plan.commands, table, store, stored, plan.skipped, plan.verdicts)
    require_one_device(folder.table, mixed_devices)
    return folder


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def require_one_device(rows: pd.DataFrame, mixed_devices: bool) -> None:
    """Raise UserError if the results come from several devices, unless `mixed_devices`."""
    devices = sorted(map(str, rows.loc[rows["state"] == "done", "device"].dropna().unique()))
    if len(devices) > 1 and not mixed_devices:
        raise UserError(
            f"the results come from several devices ({', '.join(devices)}), whose times and accuracies are not "
            "comparable; use --mixed-devices to analyse them together"
        )
