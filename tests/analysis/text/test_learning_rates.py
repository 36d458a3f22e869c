"""Sentences on learning rates name the numbers of the result."""

import pytest

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.rates.best import find_best_rates
from scaling_lab.analysis.rates.grids import collect_grids
from scaling_lab.analysis.rates.slopes import RateSlope, RateTrend
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.text.learning_rates import describe_rates, describe_trends, summarize_rates


@pytest.fixture(scope="module")
def table():
    import numpy as np
    import pandas as pd

    rng, tables = np.random.default_rng(4), []
    for rate, (a, b) in {0.5: (0.80, 0.80), 1.0: (0.86, 0.84), 2.0: (0.80, 0.88)}.items():
        made = make_study_table({("a", 1.0): a, ("b", 1.0): a, ("a", 2.0): a, ("b", 2.0): b}, 3, 2000, rng)
        tables.append(made.assign(lr_times=rate, key=made["key"] + f"-{rate:g}"))
    return pd.concat(tables, ignore_index=True)


def test_every_network_is_described(table):
    rates = find_best_rates(collect_grids(collect_evidence(table), table))
    ((title, sentences),) = describe_rates(rates).items()
    assert "3 networks" in title
    assert "1 for 2 and 2 for 1" in sentences[0]
    by_name = {sentence.split(":")[0]: sentence for sentence in sentences[1:4]}
    assert list(by_name) == ["baseline", "a at 2\N{MULTIPLICATION SIGN}", "b at 2\N{MULTIPLICATION SIGN}"]
    assert "best at 2, the highest" in by_name["b at 2\N{MULTIPLICATION SIGN}"]
    assert f"best at {rates[0].value:.2g}" in by_name["baseline"]
    (summary,) = summarize_rates(rates)
    assert sentences[0] in summary


def test_slopes(table):
    setting = find_best_rates(collect_grids(collect_evidence(table), table))[0].grid.setting
    slopes = (
        RateSlope("depth", -1.0, (-1.5, -0.5)),
        RateSlope("width", 0.2, (-0.3, 0.7)),
        RateSlope("side", reason="it needs 5 networks"),
        RateSlope("FLOPs", 0.5),
    )
    depth, width, flops, side, edge = describe_trends([RateTrend(setting, 4, 1, slopes)])
    assert "times 0.5 with each doubling" in depth
    assert "not shown" in width
    assert "no interval" in flops
    assert "side is unknown: it needs 5 networks" in side
    assert "1 of 4 networks" in edge
