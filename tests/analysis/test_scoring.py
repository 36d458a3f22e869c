"""What networks are compared by: refused combinations."""

import numpy as np
import pytest

from scaling_lab.analysis.metrics import LOSS, TOP5
from scaling_lab.analysis.scoring import Scoring
from scaling_lab.errors import UserError


@pytest.mark.parametrize("metric", [LOSS, TOP5])
def test_clusters_need_an_answer_to_each_image(metric):
    with pytest.raises(UserError, match=metric.label):
        Scoring(metric, np.array([0, 1]))
