"""The comparison of a study: refused combinations. What it returns is tested through `compare` and `lab.compare`."""

import numpy as np
import pytest

from scaling_lab.analysis.metrics import LOSS, TOP5
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.errors import UserError


@pytest.mark.parametrize("metric", [LOSS, TOP5])
def test_clusters_need_an_answer_to_each_image(metric):
    with pytest.raises(UserError, match=metric.label):
        StudyComparison(None, "flops", metric, VerdictOptions(), np.array([0, 1]))
