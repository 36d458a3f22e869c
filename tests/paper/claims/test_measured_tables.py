"""Claims on unusual tables, and their order."""

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.paper.claims import judge_claims
from tests.paper.claims.known_truth import COMPLETE, HOLDS, UNDECIDED, at, made

UNUSUAL = {
    "empty": COMPLETE.head(0),
    "nothing finished": COMPLETE.assign(state="missing", test_accuracy=np.nan, test_correct=None),
    "one seed": COMPLETE[COMPLETE["seed"] == 0],
    "two seeds": COMPLETE[COMPLETE["seed"] < 2],
    "only the baseline": COMPLETE[COMPLETE["times_flops"] == 1],
    "explicit multipliers": COMPLETE.assign(times_flops=np.nan, rule="multipliers"),
    "no FLOPs got": COMPLETE.assign(times_flops_got=np.nan),
    "FLOPs of zero": COMPLETE.assign(times_flops_got=0.0),
    "no learning rate": COMPLETE.assign(lr_times=np.nan),
    "a rule below the baseline": COMPLETE.assign(times_flops=COMPLETE["times_flops"] / 8),
    "seeds all alike": COMPLETE.assign(
        test_correct=COMPLETE.groupby(["rule", "times_flops"])["test_correct"].transform("first"),
        test_accuracy=COMPLETE.groupby(["rule", "times_flops"])["test_accuracy"].transform("first"),
    ),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_tables_are_undecided_with_a_reason(name):
    findings = [finding for finding in judge_claims(collect_evidence(UNUSUAL[name])) if finding.on == "measured"]
    assert len({finding.claim for finding in findings}) == 7
    for finding in findings:
        assert finding.verdict == UNDECIDED
        assert finding.evidence.endswith(".")
        assert "nan" not in finding.evidence


@pytest.mark.parametrize(
    "table",
    [
        COMPLETE[COMPLETE["times_flops"] != 1],
        COMPLETE.assign(flops=np.nan, params=np.nan, activations=np.nan, latency_seconds=np.nan),
    ],
    ids=["no baseline", "no cost"],
)
def test_rules_on_one_budget_need_neither_baseline_nor_costs(table):
    findings = {
        finding.claim
        for finding in judge_claims(collect_evidence(table))
        if finding.on == "measured" and finding.verdict == HOLDS
    }
    assert {"compound scaling", "balance"} <= findings


def test_published_first_then_measured_by_family_and_dataset():
    two = pd.concat([COMPLETE, made(at(0.90), "efficientnet_b0_small", rng=4, dataset="another")], ignore_index=True)
    findings = judge_claims(collect_evidence(two))
    on = [finding.on for finding in findings]
    assert on == sorted(on, reverse=True)
    measured = {(finding.claim, finding.where): finding.verdict for finding in findings if finding.on == "measured"}
    where = "{}, {} at 2 times its FLOPs"
    assert measured["compound scaling", where.format("synthetic", "synthetic")] == HOLDS
    assert measured["compound scaling", where.format("efficientnet_b0_small", "another")] == UNDECIDED
