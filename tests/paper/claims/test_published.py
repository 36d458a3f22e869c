"""Verdicts on published numbers, each claim with one number computed independently, and on synthetic tables."""

from math import log2

import numpy as np
import pytest
from scipy.stats import t

from scaling_lab.paper import tables
from scaling_lab.paper.claims import all_claims, balance, printed
from scaling_lab.paper.claims.balance import BALANCE
from scaling_lab.paper.claims.compound import COMPOUND_SCALING
from scaling_lab.paper.claims.diminishing import DIMINISHING_RETURNS
from scaling_lab.paper.claims.front import FRONT
from scaling_lab.paper.claims.latency import LATENCY
from tests.paper.claims.published_claims import evidence_of, judged

HOLDS, FAILS, UNDECIDED, OUT = "holds", "does not hold", "cannot be told", "out of scope"
SUPPORTED, OPEN = "supported as printed", "open as printed"

GOLDEN = {
    "balance": [OPEN],
    "compound scaling": [OPEN, OPEN, OPEN, SUPPORTED, OPEN, OPEN, OPEN],
    "diminishing returns": [OPEN, OPEN, OPEN],
    "front": [*[OPEN] * 7, *[OUT] * 8],
    "latency": [OPEN, OPEN, OUT, OUT],
    "activations": [SUPPORTED, SUPPORTED, OUT, OUT],
}


@pytest.fixture
def edited(monkeypatch):
    """Replace one published table wherever claims read it; the noise stays that of the real tables."""
    real = tables._read
    monkeypatch.setattr(printed, "repeat_margin", lambda: 0.53)

    def edit(name, change):
        def instead(table_name, as_printed):
            return change(real(table_name, as_printed)) if table_name == name else real(table_name, as_printed)

        monkeypatch.setattr(tables, "_read", instead)

    return edit


def verdicts(judgements):
    return [judgement.verdict for judgement in judgements]


def test_every_claim_has_a_source():
    assert list(all_claims()) == ["activations", "alike", "balance", "compound", "diminishing", "front", "latency"]
    for claim in all_claims().values():
        assert "arXiv" in claim.source
        assert claim.name
        assert claim.statement
        assert claim.test


def test_verdicts_on_published_numbers():
    verdicts_by_claim = {}
    for judgement in judged():
        assert judgement.on == "published"
        assert judgement.evidence.endswith(".")
        verdicts_by_claim.setdefault(judgement.claim, []).append(judgement.verdict)
    assert verdicts_by_claim == GOLDEN


def test_the_margin_is_that_of_two_repeats():
    differences = printed.repeat_differences(
        tables.read_published_table("figure3"), tables.read_published_table("figure4")
    )
    assert sorted(differences) == pytest.approx([78.74 - 78.51, 78.21 - 77.68])
    margin = t(2).ppf(0.975) * ((0.23**2 + 0.53**2) / 2) ** 0.5
    assert margin == pytest.approx(1.76, abs=0.005)
    assert printed.required_margin([1, -1]) == pytest.approx(margin)
    assert printed.required_margin([1, -2, 1]) == pytest.approx(margin * 3**0.5)


def test_diminishing_by_hand():
    middle = 78.51 + (79.46 - 78.51) * log2((0.5002 * 8.2508) ** 0.5 / 1.1475) / log2(2.2578 / 1.1475)
    half = log2(8.2508 / 0.5002) / 2
    early, late = (middle - 76.1) / half, (80.3 - middle) / half
    evidence = evidence_of("diminishing returns", "Figure 3, width")
    assert f"by {80.3 - 76.1:.2f} points: {early:.2f} points" in evidence
    assert f"and {late:.2f} in the second, a difference of {early - late:.2f};" in evidence


@pytest.mark.parametrize(
    ("gain", "power", "verdict"),
    [(4, 0.5, HOLDS), (1, 2, FAILS), (-4, 0.5, FAILS), (1, 1, UNDECIDED), (0, 1, UNDECIDED)],
)
def test_diminishing_on_synthetic_tables(edited, gain, power, verdict):
    def change(table):
        doublings = np.log2(table["flops_B"] / table["flops_B"].min())
        return table.assign(top1=70 + gain * doublings**power)

    edited("figure3", change)
    assert verdicts(DIMINISHING_RETURNS.judge_published()) == [verdict] * 3


def test_balance_by_hand():
    along = log2(1.7875 / 1.6648) / log2(2.2578 / 1.6648)
    least = 79.69 - (79.06 + along * (79.46 - 79.06))
    evidence = evidence_of("balance", "Figure 4, d=2.0,r=1.3 against d=1.0,r=1.0")
    assert f"is {least:.2f} to " in evidence


@pytest.mark.parametrize(("by", "verdict"), [(2.0, HOLDS), (-2.0, FAILS), (0.0, UNDECIDED)])
def test_balance_on_synthetic_tables(edited, by, verdict):
    def change(table):
        return table.assign(top1=75 + np.log2(table["flops_B"]) + by * (table["curve"] == balance.RAISED_CURVE))

    edited("figure4", change)
    assert verdicts(BALANCE.judge_published()) == [verdict]


def test_compound_by_hand():
    gap = 77.4 - (76.8 + (76.8 - 72.0) / log2(1.2 / 0.3) * log2(1.3 / 1.2))
    assert f"depth by {gap:.2f} (0.6 as printed" in evidence_of("compound scaling", "Table 3, MobileNetV2")
    along = log2(0.5004 * 1.8 / 0.4 / 1.8497) / log2(2.7492 / 1.8497)
    gain = 78.99 + along * (80.0 - 78.99) - 76.1
    for version in ("v1", "v5"):
        where = f"Table 7, each from its own baseline ({version})"
        assert f"depth {gain:.2f}," in evidence_of("compound scaling", where)


@pytest.mark.parametrize(("by", "verdict"), [(2.0, HOLDS), (-2.0, FAILS), (0.0, UNDECIDED)])
def test_compound_on_synthetic_tables(edited, by, verdict):
    def change(table):
        table["top1"] = 70 + 2 * np.log2(table["flops_B"]) + by * (table["row"] == "compound scale")
        return table

    edited("table3", change)
    without_depth = UNDECIDED if verdict == HOLDS else verdict
    assert verdicts(COMPOUND_SCALING.judge_published()[:3]) == [without_depth, verdict, verdict]


def test_front_by_hand():
    assert f"{14 / 5.3:.1f} to {26 / 5.3:.1f} times its parameters" in evidence_of("front", "Table 2, EfficientNet-B0")
    timm = tables.read_published_table("networks")
    name = "tf_efficientnet_b5.aa_in1k"
    (own,) = timm[timm["model"] == name].itertuples()
    best = max(
        (row.top1, row.model)
        for row in timm.itertuples()
        if row.trained_on == "in1k"
        and "efficientnet" not in row.arch
        and row.gmacs <= own.gmacs
        and row.params_M <= own.params_M
        and "dist" not in row.model
        and "ssld" not in row.model
    )
    evidence = evidence_of("front", f"timm, {name} among other families trained on ImageNet-1k alone")
    assert f"{best[1]} with {best[0]:.2f} %, compared with {own.top1:.2f} %" in evidence


@pytest.mark.parametrize(
    ("column", "value", "verdict"), [("top1", 60.0, HOLDS), ("top1", 90.0, FAILS), ("flops_B", 0.1, FAILS)]
)
def test_front_on_synthetic_tables(edited, column, value, verdict):
    def change(table):
        table.loc[table["kind"] == "compared", column] = value
        return table

    edited("table2", change)
    assert FRONT.judge_published()[0].verdict == verdict


def test_latency_by_hand():
    assert f"is {0.554 / 0.098:.2f}, or {0.5535 / 0.0985:.2f} to {0.5545 / 0.0975:.2f}" in evidence_of(
        "latency", "Table 4, EfficientNet-B1 and ResNet-152"
    )
    assert f"ratio of {4891.58 / 1941.85:.2f}." in evidence_of("latency", "timm, RTX 4090, mixed precision")


def test_latency_on_synthetic_tables(edited):
    def change(table):
        table["speedup_printed"] = table["speedup_printed"].where(table["speedup_printed"].isna(), "9.9x")
        return table

    edited("table4", change)
    assert verdicts(LATENCY.judge_published()) == [FAILS, FAILS, OUT, OUT]
