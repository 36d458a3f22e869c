"""Verdicts of claims on synthetic studies with known truth."""

from dataclasses import replace

import numpy as np
import pytest

from scaling_lab.analysis.curves.growth import measure_growth
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.obtained_scaling import OBTAINED_SHARES
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.paper.claims import judge_claims
from scaling_lab.paper.claims.alike import ALIKE
from scaling_lab.paper.claims.balance import BALANCE
from scaling_lab.paper.claims.compound import COMPOUND_SCALING
from scaling_lab.paper.claims.diminishing import DIMINISHING_RETURNS
from scaling_lab.paper.claims.measured import contrast_test, scaled_cells
from tests.paper.claims.known_truth import FAILS, HOLDS, SINGLES, UNDECIDED, at, curve, made, verdicts


@pytest.mark.parametrize(("best", "verdict"), [(0.92, HOLDS), (0.88, FAILS), (0.90, UNDECIDED)])
def test_compound_on_synthetic_studies(best, verdict):
    (judgement,) = COMPOUND_SCALING.judge_measured(collect_evidence(made(at(best))))
    assert judgement.verdict == verdict
    assert judgement.where.startswith("synthetic at 2 times its FLOPs")


def test_compound_must_beat_all_three():
    truth = at(0.92) | {("width", 2.0): 0.92}
    (judgement,) = COMPOUND_SCALING.judge_measured(collect_evidence(made(truth)))
    assert judgement.verdict == UNDECIDED
    assert "more accurate than 2 and less accurate than 0 of the 3" in judgement.evidence
    (judgement,) = COMPOUND_SCALING.judge_measured(collect_evidence(made(at(0.92) | {("width", 2.0): 0.94})))
    assert judgement.verdict == FAILS
    assert "more accurate than 2 and less accurate than 1 of the 3" in judgement.evidence


def test_compound_evidence_names_what_is_missing():
    complete = made(at(0.92))
    without = complete[complete["rule"] != "depth"]
    assert "depth is not part of the study" in COMPOUND_SCALING.judge_measured(collect_evidence(without))[0].evidence
    off = complete.assign(times_flops_got=complete["times_flops_got"].where(complete["rule"] != "depth", 1.5))
    assert "depth is off the budget" in COMPOUND_SCALING.judge_measured(collect_evidence(off))[0].evidence
    failed = complete.assign(state=complete["state"].where(complete["rule"] != "depth", "failed"))
    assert "depth has no finished result" in COMPOUND_SCALING.judge_measured(collect_evidence(failed))[0].evidence
    for table in (without, off, failed):
        assert verdicts(COMPOUND_SCALING.judge_measured(collect_evidence(table))) == [UNDECIDED]
    alone = complete[complete["rule"] != "compound"]
    assert "compound is not part of the study" in COMPOUND_SCALING.judge_measured(collect_evidence(alone))[0].evidence


def test_planned_contrasts_are_the_only_ones_that_claims_test():
    evidence = collect_evidence(made(at(0.906) | {("fast", 1.0): 0.88, ("fast", 2.0): 0.9}, seeds=5, rng=3))
    singles = tuple(("compound", single) for single in SINGLES)
    (planned,) = COMPOUND_SCALING.judge_measured(evidence, VerdictOptions(singles))
    assert "over all planned contrasts" in planned.evidence
    (all_pairs,) = COMPOUND_SCALING.judge_measured(evidence)
    assert "over all pairs of the budget" in all_pairs.evidence
    assert (planned.verdict, all_pairs.verdict) == (HOLDS, UNDECIDED)
    other = VerdictOptions((("depth", "width"),))
    (compound,), (balance,) = (claim.judge_measured(evidence, other) for claim in (COMPOUND_SCALING, BALANCE))
    assert verdicts([compound, balance]) == [UNDECIDED, UNDECIDED]
    assert "no planned contrast" in compound.evidence
    assert "no planned contrast" in balance.evidence


def with_shares(table, rule, obtained):
    scaled = (table["rule"] == rule) & (table["times_flops"] != 1)
    table = table.copy()
    table.loc[scaled, list(OBTAINED_SHARES)] = obtained
    return table


def test_compound_is_judged_only_on_its_own_shares():
    complete = made(at(0.92))
    near = with_shares(complete, "compound", (0.22, 0.39, 0.39))
    assert verdicts(COMPOUND_SCALING.judge_measured(collect_evidence(near))) == [HOLDS]
    for rule, off in (("compound", (0.25, 0.16, 0.59)), ("depth", (0.8, 0.2, 0.0))):
        (judgement,) = COMPOUND_SCALING.judge_measured(collect_evidence(with_shares(complete, rule, off)))
        assert judgement.verdict == UNDECIDED
        assert "/".join(f"{100 * share:.0f}" for share in off) in judgement.evidence


@pytest.mark.parametrize(("best", "verdict"), [(0.92, HOLDS), (0.88, FAILS), (0.90, UNDECIDED)])
def test_balance_on_synthetic_studies(best, verdict):
    table = made(at(best, rule="fast") | {("compound", 2.0): 0.85})
    (judgement,) = BALANCE.judge_measured(collect_evidence(table))
    assert judgement.verdict == verdict
    assert "all three dimensions, fast, differs" in judgement.evidence


def test_balance_depends_on_the_networks_not_on_the_rules_names():
    (judgement,) = BALANCE.judge_measured(collect_evidence(made(at(0.95, rule="resnet_rs"))))
    assert judgement.verdict == UNDECIDED
    assert "scaled in all three dimensions" in judgement.evidence
    table = made(at(0.95))
    named = table.assign(depth_share=np.nan, width_share=np.nan, resolution_share=np.nan)
    assert verdicts(BALANCE.judge_measured(collect_evidence(named))) == [UNDECIDED]


def test_balance_compares_the_winners_of_each_budget():
    truth = at(0.92) | {("fast", 2.0): 0.90, ("compound", 4.0): 0.91, ("fast", 4.0): 0.93, ("width", 4.0): 0.91}
    two, four = BALANCE.judge_measured(collect_evidence(made(truth)))
    assert "all three dimensions, compound, differs" in two.evidence
    assert "all three dimensions, fast, differs" in four.evidence
    assert verdicts([two, four]) == [HOLDS, HOLDS]


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [
        ((0.05, 0.06), HOLDS),
        ((0.01, 0.06), FAILS),
        ((-0.05, -0.06), FAILS),
        ((0.03, 0.06), UNDECIDED),
        ((0, 0), UNDECIDED),
        ((0.04, 0), FAILS),
    ],
)
def test_diminishing_on_synthetic_studies(gains, verdict):
    (judgement,) = DIMINISHING_RETURNS.judge_measured(collect_evidence(made(curve(gains))))
    assert judgement.verdict == verdict
    assert judgement.where.endswith(", width")


def test_diminishing_is_the_contrast_of_its_networks():
    got = collect_evidence(made(curve((0.05, 0.06))))
    cells = [cell for _, cell in scaled_cells(got, got.settings[0], "width")]
    bend = estimate_contrast([(cells[0], -1.0), (cells[1], 2.0), (cells[2], -1.0)])
    low, high = bend.interval()
    (judgement,) = DIMINISHING_RETURNS.judge_measured(got)
    assert f"a difference of {100 * bend.value:+.2f} ({100 * low:+.2f} … {100 * high:+.2f});" in judgement.evidence


def test_diminishing_leaves_out_networks_off_the_budget_and_with_few_seeds():
    complete = made(curve((0.05, 0.06)))
    off = complete.assign(times_flops_got=complete["times_flops_got"].where(complete["times_flops"] != 2, 1.5))
    (judgement,) = DIMINISHING_RETURNS.judge_measured(collect_evidence(off))
    assert judgement.verdict == UNDECIDED
    assert "From 1 to 4 times" in judgement.evidence
    complete = made(curve((0.05, 0.06, 0.06)))
    few = complete[(complete["times_flops"] != 8) | (complete["seed"] < 2)]
    (judgement,) = DIMINISHING_RETURNS.judge_measured(collect_evidence(few))
    assert judgement.verdict == HOLDS
    assert "From 1 to 4 times" in judgement.evidence


@pytest.mark.parametrize(("gain", "verdict"), [(0.05, UNDECIDED), (0.0, UNDECIDED), (-0.05, FAILS)])
def test_two_budgets_can_only_refute_that_scaling_improves_accuracy(gain, verdict):
    (judgement,) = DIMINISHING_RETURNS.judge_measured(collect_evidence(made(curve((gain,)))))
    assert judgement.verdict == verdict
    (first,) = measure_growth(collect_evidence(made(curve((gain,)))))[0].gains
    assert first.is_below_zero == (verdict == FAILS)  # as the page says it


def test_a_fall_between_two_budgets_refutes_it_for_any_total_gain():
    (judgement,) = DIMINISHING_RETURNS.judge_measured(collect_evidence(made(curve((0.05, 0.08, 0.06)))))
    assert judgement.verdict == FAILS
    assert "From 4 to 8 times" in judgement.evidence


def test_repeated_looks_count_against_a_claim():
    evidence = collect_evidence(made(curve((0.011, 0.0)), rng=2))
    setting = evidence.settings[0]
    fall = [
        (cell, weight) for (_, cell), weight in zip(scaled_cells(evidence, setting, "width")[1:], (-1, 1), strict=True)
    ]
    alone = contrast_test(fall)
    assert alone.p == pytest.approx(estimate_contrast(fall).p / 0.8)
    early = Look(frozenset(key for cell, _ in fall for key in cell.keys[:4]))
    assert contrast_test(fall, [early]).p == pytest.approx(min(1, alone.p * 0.8 / 0.1))
    assert contrast_test(fall, [Look(frozenset(key for cell, _ in fall for key in cell.keys))]).p == alone.p
    many = replace(evidence, looks=tuple(Look(frozenset(k for c, _ in fall for k in c.keys[:n])) for n in (3, 4, 5)))
    verdict = verdicts(DIMINISHING_RETURNS.judge_measured(evidence) + DIMINISHING_RETURNS.judge_measured(many))
    assert verdict == [FAILS, UNDECIDED]


def test_diminishing_holds_only_with_the_baseline_and_three_seeds():
    complete = made(curve((0.05, 0.06, 0.07)))
    assert verdicts(DIMINISHING_RETURNS.judge_measured(collect_evidence(complete))) == [HOLDS]
    for table in (
        complete[complete["times_flops"] <= 2],
        complete[complete["times_flops"] > 1],
        complete[complete["seed"] < 2],
        complete[(complete["seed"] < 2) | (complete["times_flops"] > 2)],
        complete.assign(lr_times=2.0, rule="width")[complete["times_flops"] < 4],
    ):
        assert set(verdicts(DIMINISHING_RETURNS.judge_measured(collect_evidence(table)))) <= {UNDECIDED}


STRATEGIES = ("depth", "width", "resolution", "compound")


@pytest.mark.parametrize(
    ("accuracies", "delta", "verdict"),
    [
        ((0.9, 0.9, 0.9, 0.9), 0.02, HOLDS),
        ((0.9, 0.9, 0.9, 0.94), 0.02, FAILS),
        ((0.9, 0.9, 0.9, 0.92), 0.02, UNDECIDED),  # as far apart as delta
        ((0.9, 0.9, 0.9, 0.9), 0.001, UNDECIDED),  # too few images to tell
        ((0.9, 0.9, 0.9, 0.9), None, UNDECIDED),
    ],
)
def test_alike_on_synthetic_studies(accuracies, delta, verdict):
    truth = {(rule, 1.0): 0.88 for rule in STRATEGIES}
    truth |= {(rule, 2.0): accuracy for rule, accuracy in zip(STRATEGIES, accuracies, strict=True)}
    (judgement,) = ALIKE.judge_measured(collect_evidence(made(truth)), VerdictOptions(delta=delta))
    assert judgement.verdict == verdict
    if verdict == FAILS:
        assert "3 differ by more (compound and" in judgement.evidence


def test_two_strategies_are_not_numerous():
    truth = {("depth", 1.0): 0.88, ("width", 1.0): 0.88, ("depth", 2.0): 0.9, ("width", 2.0): 0.9}
    (judgement,) = ALIKE.judge_measured(collect_evidence(made(truth)), VerdictOptions(delta=0.05))
    assert judgement.verdict == UNDECIDED
    assert "there are 2 compared networks" in judgement.evidence
    evidence_by_claim = {
        finding.claim: finding.evidence
        for finding in judge_claims(collect_evidence(made(truth)), VerdictOptions(delta=0.05))
    }
    assert evidence_by_claim["alike"] == judgement.evidence
