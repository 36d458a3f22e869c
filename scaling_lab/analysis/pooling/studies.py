"""Several results folders as one body of evidence, in which each result counts once (`merge`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import Evidence, collect_evidence
from scaling_lab.analysis.load import ResultsFolder, read_results_folder, require_one_device
from scaling_lab.analysis.metrics import find_metric
from scaling_lab.analysis.pooling.merge import MergedTables, merge_tables
from scaling_lab.analysis.pooling.pool import pool_comparisons
from scaling_lab.analysis.pooling.pooled_pair import PooledBudget
from scaling_lab.analysis.scoring import BY_ACCURACY, Scoring
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.several_folders import label_folders
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.analysis.unlearned.at_chance import with_unlearned as count_unlearned
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.errors import UserError


@dataclass(frozen=True, eq=False)
class SeveralStudies:
    """The studies of several results folders.

    Attributes:
        folders: Contents of the folders, by a name that is different for each.
        scoring: What networks are compared by.
        delta: Smallest difference that matters as the user gave it, in the metric's unit; None for those of the plans.
        is_with_unlearned: Whether networks at chance count like any others; they are left out otherwise.
    """

    folders: Mapping[str, ResultsFolder]
    scoring: Scoring = BY_ACCURACY
    delta: float | None = None
    is_with_unlearned: bool = False

    @cached_property
    def comparisons(self) -> dict[str, StudyComparison]:
        """The comparison of each study on its own."""
        return {
            name: StudyComparison(
                folder,
                folder.verdict_options_by(self.scoring.metric, self.delta),
                self.scoring.for_table(folder.table),
                is_with_unlearned=self.is_with_unlearned,
            )
            for name, folder in self.folders.items()
        }

    @cached_property
    def options(self) -> VerdictOptions:
        """Options of the verdicts over all studies: those on which the plans agree, otherwise none."""
        options = [study.options for study in self.comparisons.values()]
        pairs = {frozenset(map(frozenset, study_options.contrasts)) for study_options in options}
        deltas = {study_options.delta for study_options in options}
        contrasts = options[0].contrasts if len(pairs) == 1 else ()
        return VerdictOptions(contrasts, options[0].delta if len(deltas) == 1 else None)

    @cached_property
    def _merged(self) -> MergedTables:
        return merge_tables({name: folder.table for name, folder in self.folders.items()})

    @cached_property
    def evidence_by_study(self) -> dict[str, Evidence]:
        """The networks of each study, those of a setting that several have in the first of them."""
        looks = [look for folder in self.folders.values() for look in folder.looks]
        evidence = {}
        for name, table in self._merged.tables.items():
            used = count_unlearned(table) if self.is_with_unlearned else table
            evidence[name] = self.scoring.for_table(table).score(collect_evidence(used, looks), table)
        return evidence

    @cached_property
    def budgets(self) -> list[PooledBudget]:
        """The pooled pairs at each budget, at the learning rates of the recipes.

        Raises:
            UserError: No result of a study has the metric.
        """
        for study in self.comparisons.values():
            _ = study.evidence
        study_of: dict[Setting, str] = {}
        comparisons = []
        for name, evidence in self.evidence_by_study.items():
            study_of |= dict.fromkeys(evidence.settings, name)
            comparisons += compare_rules(evidence.at_recipe_lr(), self.options)
        return pool_comparisons(comparisons, self.options, study_of.__getitem__)

    def record_looks(self, command: str) -> None:
        """Record a look at each study.

        Args:
            command: What shows the verdicts.
        """
        for folder in self.folders.values():
            folder.record_look(command)

    @property
    def no_verdict(self) -> str:
        """Sentence on why there is no pooled verdict; empty if there may be one."""
        if self.budgets:
            return ""
        settings = {setting for evidence in self.evidence_by_study.values() for setting in evidence.settings}
        if len(settings) == 1:
            return f"No pooled verdict: {settings.pop().family} in one setting is all that the studies have."
        return (
            "No pooled verdict: no budget (times the baseline's FLOPs, within 1 %) is in two settings that differ by "
            "more than the length of training."
        )

    @property
    def notes(self) -> list[str]:
        """Sentences on settings that several folders have, and on options on which the plans do not agree."""
        notes = list(self._merged.notes)
        options = [study.options for study in self.comparisons.values()]
        if not self.options.contrasts and any(study_options.contrasts for study_options in options):
            notes.append("The plans have different contrasts, so all pairs are tested over studies; see --contrasts.")
        if self.options.delta is None and any(study_options.delta is not None for study_options in options):
            notes.append("The plans have different deltas, so none counts over studies; see --delta.")
        empty = [name for name, folder in self.folders.items() if not folder.finished]
        return [*notes, *(f"{name} has no finished result." for name in empty)]


def read_studies(
    paths: Sequence[Path],
    mixed_devices: bool = False,
    *,
    contrasts: str | None = None,
    delta: float | None = None,
    metric: str = "accuracy",
    with_unlearned: bool = False,
) -> SeveralStudies:
    """Read several results folders.

    Args:
        paths: The folders. A study has the name of its folder, or its path if two names agree.
        mixed_devices: Whether results of several devices may be compared.
        contrasts: Pairs of rules to test in all studies; None for those of their plans.
        delta: Smallest difference that matters, in the metric's unit; None for those of the plans.
        metric: Name of the measurement that is compared.
        with_unlearned: Whether networks at chance count like any others.

    Raises:
        UserError: A folder is given twice or cannot be read, no folder has a result, the results come from several
            devices, or an option is invalid.
    """
    scoring = Scoring(find_metric(metric))
    labels = label_folders(paths)
    folders = [read_results_folder(path, mixed_devices) for path in paths]
    require_one_device(pd.concat([folder.table for folder in folders], ignore_index=True), mixed_devices)
    if not any(folder.finished for folder in folders):
        raise UserError(f"no results in {', '.join(map(str, paths))}; train the studies first")
    rules = list(dict.fromkeys(rule for folder in folders for rule in folder.rules))
    contents = [folder.with_verdicts(contrasts, delta, rules) for folder in folders]
    return SeveralStudies(dict(zip(labels, contents, strict=True)), scoring, delta, with_unlearned)
