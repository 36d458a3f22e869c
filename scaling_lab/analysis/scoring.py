"""What networks are compared by: a metric, and whether test images are independent draws."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scaling_lab.analysis.answer_bits import has_answers
from scaling_lab.analysis.by_metric import score_evidence
from scaling_lab.analysis.clusters import use_clusters
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.metrics import ACCURACY, SEED_ACCURACY, Metric
from scaling_lab.errors import UserError


@dataclass(frozen=True, eq=False)
class Scoring:
    """What networks are compared by.

    Attributes:
        metric: The measurement that is compared.
        clusters: Cluster of each test image; None if images are independent draws.

    Raises:
        UserError: There are clusters, but the metric is not recorded for each test image.
    """

    metric: Metric = ACCURACY
    clusters: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if self.clusters is not None and not self.metric.has_answers:
            raise UserError(
                f"clusters apply to accuracy alone: {self.metric.label} is not recorded for each test image"
            )

    def for_table(self, table: pd.DataFrame) -> "Scoring":
        """Return the scoring for a table: accuracies over seeds alone if it has no answers to each test image.

        Raises:
            UserError: There are clusters, but no answers.
        """
        return replace(self, metric=SEED_ACCURACY) if self.metric.has_answers and not has_answers(table) else self

    def score(self, evidence: Evidence, table: pd.DataFrame) -> Evidence:
        """Return the evidence by this metric and these clusters.

        Args:
            evidence: Evidence by accuracy, of `table`.
            table: One row per question.

        Raises:
            UserError: The clusters do not fit the test images.
        """
        return score_evidence(use_clusters(evidence, self.clusters), table, self.metric)


BY_ACCURACY = Scoring()
