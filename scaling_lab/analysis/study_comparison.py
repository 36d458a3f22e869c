"""The comparison of a study's rules that `scaling-lab compare` prints and `lab.compare` returns."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.by_metric import score_evidence
from scaling_lab.analysis.clusters import use_clusters
from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.equal_cost import EqualCostComparison, compare_at_equal_cost
from scaling_lab.analysis.evidence import Evidence, collect_evidence
from scaling_lab.analysis.load import ResultsFolder
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.unlearned import with_unlearned
from scaling_lab.analysis.unlearned_verdicts import VerdictChanges, find_verdict_changes
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.errors import UserError


@dataclass(frozen=True, eq=False)
class StudyComparison:
    """The rules of a study at equal cost.

    Attributes:
        folder: Content of the results folder.
        equal: What is equal: a name of `evidence.COST_NAMES`.
        metric: The measurement that is compared.
        options: Which pairs are tested, and which difference matters.
        clusters: Cluster of each test image; None if images are independent draws.
        is_with_unlearned: Whether networks at chance count like any others; they are left out otherwise.

    Raises:
        UserError: There are clusters, but the metric is not recorded for each test image.
    """

    folder: ResultsFolder
    equal: str
    metric: Metric
    options: VerdictOptions
    clusters: NDArray[np.int64] | None = None
    is_with_unlearned: bool = False

    def __post_init__(self) -> None:
        if self.clusters is not None and not self.metric.has_answers:
            raise UserError(
                f"clusters apply to accuracy alone: {self.metric.label} is not recorded for each test image"
            )

    @cached_property
    def evidence(self) -> Evidence:
        """The networks by the metric.

        Raises:
            UserError: The clusters do not fit the test images, or no result has the metric.
        """
        table = self.folder.table
        evidence = collect_evidence(with_unlearned(table) if self.is_with_unlearned else table, self._looks)
        scored = self._score(evidence)
        if any(arm.cell for arm in evidence.arms) and not any(arm.cell for arm in scored.arms):
            raise UserError(
                f"no result of {self.folder.study} has a {self.metric.label}, which older results lack; "
                "compare accuracies, or train the study again under another name"
            )
        return scored

    @cached_property
    def groups(self) -> list[EqualCostComparison]:
        """The comparisons of each setting. Raises UserError for an unknown cost."""
        return compare_at_equal_cost(self.evidence, self.equal, self.options)

    @property
    def comparisons(self) -> list[RuleComparison]:
        """All comparisons, in the order of the groups."""
        return _list_comparisons(self.groups)

    @cached_property
    def verdict_changes(self) -> VerdictChanges:
        """The verdicts that differ with the results at chance, or without the collapsed seeds."""
        return find_verdict_changes(self.folder.table, self._compare, self.is_with_unlearned, self._looks)

    def _compare(self, evidence: Evidence) -> list[RuleComparison]:
        return _list_comparisons(compare_at_equal_cost(self._score(evidence), self.equal, self.options))

    def _score(self, evidence: Evidence) -> Evidence:
        return score_evidence(use_clusters(evidence, self.clusters), self.folder.table, self.metric)

    @cached_property
    def _looks(self) -> tuple[Look, ...]:
        return self.folder.looks


def _list_comparisons(groups: list[EqualCostComparison]) -> list[RuleComparison]:
    return [comparison for group in groups for comparison in group.comparisons]
