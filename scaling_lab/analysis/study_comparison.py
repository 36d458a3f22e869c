"""The comparison of a study's rules: what `compare`, `claims`, `export`, `report` and `lab.compare` are made from."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from scaling_lab.analysis.clusters import read_clusters
from scaling_lab.analysis.compare import RuleComparison, compare_rules
from scaling_lab.analysis.equal_cost import EqualCostComparison, compare_at_equal_cost
from scaling_lab.analysis.evidence import COST_COLUMNS, Evidence, collect_evidence
from scaling_lab.analysis.gains import BudgetGains, compare_with_baseline
from scaling_lab.analysis.load import ResultsFolder, read_results_folder
from scaling_lab.analysis.lr_sensitivity import LrSensitivity, check_lr_sensitivity
from scaling_lab.analysis.metrics import Metric, find_metric
from scaling_lab.analysis.mixture import describe_hardware
from scaling_lab.analysis.pooling.pool import pool_comparisons
from scaling_lab.analysis.pooling.pooled_pair import PooledBudget
from scaling_lab.analysis.rates.best import BestRate, find_best_rates
from scaling_lab.analysis.rates.grids import RateGrid, collect_grids
from scaling_lab.analysis.scoring import BY_ACCURACY, Scoring
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.unlearned.at_chance import with_unlearned
from scaling_lab.analysis.unlearned.verdict_changes import VerdictChanges, find_verdict_changes
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.errors import UserError


@dataclass(frozen=True, eq=False)
class StudyComparison:
    """The rules of a study at equal cost.

    Attributes:
        folder: Content of the results folder.
        options: Which pairs are tested, and which difference matters.
        scoring: What networks are compared by.
        equal: What is equal: a name of `evidence.COST_NAMES`.
        is_with_unlearned: Whether networks at chance count like any others; they are left out otherwise.
    """

    folder: ResultsFolder
    options: VerdictOptions
    scoring: Scoring = BY_ACCURACY
    equal: str = "flops"
    is_with_unlearned: bool = False

    @property
    def table(self) -> pd.DataFrame:
        """One row per question."""
        return self.folder.table

    @property
    def metric(self) -> Metric:
        """The measurement that is compared."""
        return self.scoring.metric

    @cached_property
    def evidence(self) -> Evidence:
        """The networks by the metric.

        Raises:
            UserError: The clusters do not fit the test images, or no result has the metric.
        """
        is_usual = not self.is_with_unlearned
        evidence = self.by_accuracy if is_usual else collect_evidence(with_unlearned(self.table), self.looks)
        scored = self.scoring.score(evidence, self.table)
        if any(arm.cell for arm in evidence.arms) and not any(arm.cell for arm in scored.arms):
            raise UserError(
                f"no result of {self.folder.study} has a {self.metric.label}, which older results lack; "
                "compare accuracies, or train the study again under another name"
            )
        return scored

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on results that were ignored, on mixtures, and on times of different processors."""
        times = describe_hardware(self.table, COST_COLUMNS.get(self.equal, self.equal))
        return (*self.folder.notes, *self.evidence.notes, *times)

    @cached_property
    def by_accuracy(self) -> Evidence:
        """The networks above chance by accuracy, for any metric."""
        return collect_evidence(self.table, self.looks)

    @cached_property
    def rate_grids(self) -> list[RateGrid]:
        """The networks that were trained at several learning rates; those at chance count (see `rates.grids`)."""
        if self.table["lr_times"].nunique() < 2:
            return []
        every = collect_evidence(with_unlearned(self.table), self.looks)
        return collect_grids(self.scoring.score(every, self.table), self.table, self.folder.stored.failures)

    @cached_property
    def best_rates(self) -> list[BestRate]:
        """The best learning rate of each network that was trained at several."""
        return find_best_rates(self.rate_grids)

    @cached_property
    def lr_sensitivity(self) -> list[LrSensitivity]:
        """The verdicts at equal FLOPs with each rule at its best learning rate."""
        return check_lr_sensitivity(self.evidence, self.options, self.rate_grids)

    @cached_property
    def groups(self) -> list[EqualCostComparison]:
        """The comparisons of each setting. Raises UserError for an unknown cost."""
        return compare_at_equal_cost(self.evidence, self.equal, self.options)

    @property
    def comparisons(self) -> list[RuleComparison]:
        """All comparisons, in the order of the groups."""
        return _list_comparisons(self.groups)

    @cached_property
    def budget_comparisons(self) -> list[RuleComparison]:
        """The comparisons at equal FLOPs and at the recipe's own learning rate, for any `equal`."""
        return self._compare_budgets(self.evidence)

    @cached_property
    def pooled(self) -> list[PooledBudget]:
        """The verdicts at equal FLOPs over the settings of the study, at each budget that several have."""
        return pool_comparisons(self.budget_comparisons, self.options)

    @cached_property
    def gains(self) -> list[BudgetGains]:
        """The gains over the baseline at the recipe's own learning rate."""
        return compare_with_baseline(self.evidence.at_recipe_lr(), self.options)

    @cached_property
    def verdict_changes(self) -> VerdictChanges:
        """The verdicts that differ with the results at chance, or without the collapsed seeds."""
        return find_verdict_changes(self.table, self._compare, self.is_with_unlearned, self.looks)

    @cached_property
    def budget_verdict_changes(self) -> VerdictChanges:
        """The same for `budget_comparisons`."""

        def compare(evidence: Evidence) -> list[RuleComparison]:
            return self._compare_budgets(self.scoring.score(evidence, self.table))

        return find_verdict_changes(self.table, compare, self.is_with_unlearned, self.looks)

    @cached_property
    def looks(self) -> tuple[Look, ...]:
        """The recorded looks at the verdicts of the study, oldest first."""
        return self.folder.looks

    def _compare(self, evidence: Evidence) -> list[RuleComparison]:
        scored = self.scoring.score(evidence, self.table)
        return _list_comparisons(compare_at_equal_cost(scored, self.equal, self.options))

    def _compare_budgets(self, evidence: Evidence) -> list[RuleComparison]:
        return compare_rules(evidence.at_recipe_lr(), self.options)


def read_study_comparison(
    results: Path,
    mixed_devices: bool = False,
    *,
    contrasts: str | None = None,
    delta: float | None = None,
    metric: str = "accuracy",
    clusters: Path | None = None,
    equal: str = "flops",
    with_unlearned: bool = False,
) -> StudyComparison:
    """Read a results folder for verdicts.

    Args:
        results: The folder.
        mixed_devices: Whether results of several devices may be compared.
        contrasts: Pairs of rules to test, such as `compound-width,compound-depth`; None for those of the plan.
        delta: Smallest difference that matters, in the metric's unit; None for that of the plan, which is for
            accuracies.
        metric: Name of the measurement that is compared.
        clusters: CSV file with the cluster of each test image; None if images are independent draws.
        equal: What is equal: a name of `evidence.COST_NAMES`.
        with_unlearned: Whether networks at chance count like any others.

    Raises:
        UserError: See `read_results_folder`; an unknown rule or metric, a delta out of range, or unusable clusters.
    """
    requested = Scoring(find_metric(metric), read_clusters(clusters) if clusters else None)
    folder = read_results_folder(results, mixed_devices).with_verdicts(contrasts, delta)
    scoring = requested.for_table(folder.table)
    options = folder.verdict_options_by(scoring.metric, delta)
    return StudyComparison(folder, options, scoring, equal, with_unlearned)


def _list_comparisons(groups: list[EqualCostComparison]) -> list[RuleComparison]:
    return [comparison for group in groups for comparison in group.comparisons]
