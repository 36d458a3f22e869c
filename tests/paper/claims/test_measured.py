"""Verdicts on studies whose truth is planted, and every way in which a table can be odd."""

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.stats.contrast import estimate_contrast
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.paper.claims import activations, balance, compound, diminishing, front, judge_claims, latency
from scaling_lab.paper.claims.measured import rising

HOLDS, FAILS, UNTOLD = "holds", "does not hold", "cannot be told"
SINGLES = ("depth", "width", "resolution")
SHARES = {
    "depth": (1, 0, 0),
    "width": (0, 1, 0),
    "resolution": (0, 0, 1),
    "compound": (0.3, 0.3, 0.4),
    "fast": (0.1, 0.8, 0.1),
    "resnet_rs": (0.6, 0.0, 0.4),
}


def made(truth, family="planted", seeds=6, flops=1.0, params=1.0, rng=1, **columns):
    table = make_study_table(truth, seeds, 10_000, np.random.default_rng(rng), family=family)
    shares = pd.DataFrame([SHARES[rule] for rule in table["rule"]], index=table.index, dtype=float)
    table[["depth_share", "width_share", "resolution_share"]] = shares.where(table["times_flops"] != 1)
    table["flops"] *= flops
    table["params"] *= params
    return table.assign(**columns)


def at(best, others=0.90, rule="compound", base=0.88):
    truth = {(name, 1.0): base for name in (*SINGLES, rule)}
    return truth | {(name, 2.0): others for name in SINGLES} | {(rule, 2.0): best}


def verdicts(judged):
    return [each.verdict for each in judged]


@pytest.mark.parametrize(("best", "verdict"), [(0.92, HOLDS), (0.88, FAILS), (0.90, UNTOLD)])
def test_compound_planted(best, verdict):
    (found,) = compound.measured(collect_evidence(made(at(best))))
    assert found.verdict == verdict
    assert found.where.startswith("planted at 2 times its FLOPs")


def test_compound_must_beat_all_three():
    truth = at(0.92) | {("width", 2.0): 0.92}
    (found,) = compound.measured(collect_evidence(made(truth)))
    assert found.verdict == UNTOLD
    assert "beats 2 and is beaten by 0 of the 3" in found.evidence
    (found,) = compound.measured(collect_evidence(made(at(0.92) | {("width", 2.0): 0.94})))
    assert found.verdict == FAILS
    assert "beats 2 and is beaten by 1 of the 3" in found.evidence


def test_compound_says_what_is_missing():
    whole = made(at(0.92))
    without = whole[whole["rule"] != "depth"]
    assert "depth was not asked for" in compound.measured(collect_evidence(without))[0].evidence
    off = whole.assign(times_flops_got=whole["times_flops_got"].where(whole["rule"] != "depth", 1.5))
    assert "depth is off the budget" in compound.measured(collect_evidence(off))[0].evidence
    failed = whole.assign(state=whole["state"].where(whole["rule"] != "depth", "failed"))
    assert "depth has no finished result" in compound.measured(collect_evidence(failed))[0].evidence
    for table in (without, off, failed):
        assert verdicts(compound.measured(collect_evidence(table))) == [UNTOLD]
    alone = whole[whole["rule"] != "compound"]
    assert "compound was not asked for" in compound.measured(collect_evidence(alone))[0].evidence


@pytest.mark.parametrize(("best", "verdict"), [(0.92, HOLDS), (0.88, FAILS), (0.90, UNTOLD)])
def test_balance_planted(best, verdict):
    table = made(at(best, rule="fast") | {("compound", 2.0): 0.85})
    (found,) = balance.measured(collect_evidence(table))
    assert found.verdict == verdict
    assert "of all three dimensions, fast, is" in found.evidence


def test_balance_goes_by_the_networks_not_by_the_rules_names():
    (found,) = balance.measured(collect_evidence(made(at(0.95, rule="resnet_rs"))))
    assert found.verdict == UNTOLD
    assert "scaled in all three dimensions" in found.evidence
    table = made(at(0.95))
    named = table.assign(depth_share=np.nan, width_share=np.nan, resolution_share=np.nan)
    assert verdicts(balance.measured(collect_evidence(named))) == [UNTOLD]


def test_balance_takes_each_budgets_own_winner():
    truth = at(0.92) | {("fast", 2.0): 0.90, ("compound", 4.0): 0.91, ("fast", 4.0): 0.93, ("width", 4.0): 0.91}
    two, four = balance.measured(collect_evidence(made(truth)))
    assert "of all three dimensions, compound, is" in two.evidence
    assert "of all three dimensions, fast, is" in four.evidence
    assert verdicts([two, four]) == [HOLDS, HOLDS]


def curve(gains, base=0.86):
    return {("width", float(2**step)): base + gain for step, gain in enumerate((0.0, *gains))}


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [
        ((0.05, 0.06), HOLDS),
        ((0.01, 0.06), FAILS),
        ((-0.05, -0.06), FAILS),
        ((0.03, 0.06), UNTOLD),
        ((0, 0), UNTOLD),
        ((0.04, 0), UNTOLD),
    ],
)
def test_diminishing_planted(gains, verdict):
    (found,) = diminishing.measured(collect_evidence(made(curve(gains))))
    assert found.verdict == verdict
    assert found.where.endswith(", width")


def test_diminishing_is_the_contrast_of_its_networks():
    got = collect_evidence(made(curve((0.05, 0.06))))
    cells = [cell for _, cell in rising(got, got.settings[0], "width")]
    bend = estimate_contrast([(cells[0], -1.0), (cells[1], 2.0), (cells[2], -1.0)])
    low, high = bend.interval()
    (found,) = diminishing.measured(got)
    assert f"a difference of {100 * bend.value:+.2f} ({100 * low:+.2f} … {100 * high:+.2f});" in found.evidence


def test_diminishing_leaves_out_networks_off_the_budget_and_with_few_seeds():
    whole = made(curve((0.05, 0.06)))
    off = whole.assign(times_flops_got=whole["times_flops_got"].where(whole["times_flops"] != 2, 1.5))
    (found,) = diminishing.measured(collect_evidence(off))
    assert found.verdict == UNTOLD
    assert "in times its FLOPs (multiply-adds): 1, 4." in found.evidence
    whole = made(curve((0.05, 0.06, 0.06)))
    few = whole[(whole["times_flops"] != 8) | (whole["seed"] < 2)]
    (found,) = diminishing.measured(collect_evidence(few))
    assert found.verdict == HOLDS
    assert "From 1 to 4 times" in found.evidence


def test_diminishing_wants_three_networks_the_baseline_and_three_seeds():
    whole = made(curve((0.05, 0.06, 0.07)))
    assert verdicts(diminishing.measured(collect_evidence(whole))) == [HOLDS]
    for table in (
        whole[whole["times_flops"] <= 2],
        whole[whole["times_flops"] > 1],
        whole[whole["seed"] < 2],
        whole[(whole["seed"] < 2) | (whole["times_flops"] > 2)],
        whole.assign(lr_times=2.0, rule="width")[whole["times_flops"] < 4],
    ):
        assert set(verdicts(diminishing.measured(collect_evidence(table)))) <= {UNTOLD}


def families(gap, **theirs):
    truth = {("width", 1.0): 0.90, ("width", 2.0): 0.91}
    other = {place: accuracy - gap for place, accuracy in truth.items()}
    return pd.concat([made(truth, "efficientnet_b0_small"), made(other, "other", rng=2, **theirs)], ignore_index=True)


@pytest.mark.parametrize(
    ("gap", "cost", "verdict"),
    [(0.04, 2.0, HOLDS), (-0.06, 0.4, FAILS), (0.0, 2.0, UNTOLD), (0.04, 0.4, UNTOLD), (-0.06, 2.5, UNTOLD)],
)
def test_front_planted(gap, cost, verdict):
    (found,) = front.measured(collect_evidence(families(gap, flops=cost, params=cost)))
    assert found.verdict == verdict


def test_front_holds_only_where_every_comparable_network_is_beaten():
    ours = made({("width", 1.0): 0.90, ("width", 2.0): 0.91}, "efficientnet_b0_small")
    theirs = made({("width", 1.0): 0.86, ("width", 2.0): 0.91}, "other", rng=2, flops=2.0, params=2.0)
    (found,) = front.measured(collect_evidence(pd.concat([ours, theirs], ignore_index=True)))
    assert found.verdict == UNTOLD
    assert "Of the 2 networks of other" in found.evidence
    assert "1 are told apart" in found.evidence


def test_front_asks_for_parameters_too_and_for_the_same_pictures():
    (found,) = front.measured(collect_evidence(families(0.04, flops=3.0, params=0.1)))
    assert found.verdict == UNTOLD
    assert "none has both" in found.evidence
    apart = front.measured(collect_evidence(families(0.04, dataset="another")))
    assert verdicts(apart) == [UNTOLD, UNTOLD]
    assert "no family besides" in apart[0].evidence
    assert "no EfficientNet family" in apart[1].evidence


@pytest.mark.parametrize(("ratio", "verdict"), [(6.0, HOLDS), (5.66, HOLDS), (5.6, FAILS), (0.5, FAILS)])
def test_latency_planted(ratio, verdict):
    fast = made({("width", 1.0): 0.9}, "efficientnet_b1", latency_seconds=0.1)
    slow = made({("width", 1.0): 0.9}, "resnet152", latency_seconds=0.1 * ratio)
    (found,) = latency.measured(collect_evidence(pd.concat([fast, slow], ignore_index=True)))
    assert found.verdict == verdict
    assert f"{ratio:.2f} times as long" in found.evidence
    (alone,) = latency.measured(collect_evidence(slow))
    assert alone.verdict == UNTOLD
    assert "EfficientNet-B1" in alone.evidence


def costs(cause):
    rng = np.random.default_rng(5)
    truth = {("width", 1.0 + step): 0.9 for step in range(20)}
    table = made(truth, seeds=1)
    for name in ("flops", "activations"):
        table[name] = np.exp(rng.normal(10, 1, len(table))).round()
    table["both"] = np.sqrt(table["flops"] * table["activations"])
    return table.assign(latency_seconds=table[cause] * np.exp(rng.normal(0, 0.1, len(table))))


@pytest.mark.parametrize(("cause", "verdict"), [("activations", HOLDS), ("flops", FAILS), ("both", UNTOLD)])
def test_activations_planted(cause, verdict):
    (found,) = activations.measured(collect_evidence(costs(cause)))
    assert found.verdict == verdict
    assert "Over 20 networks" in found.evidence


def test_activations_need_eight_networks_that_differ():
    table = costs("flops")
    (found,) = activations.measured(collect_evidence(table.head(7)))
    assert found.verdict == UNTOLD
    assert "the table has 7" in found.evidence
    assert verdicts(activations.measured(collect_evidence(table.assign(activations=5.0)))) == [UNTOLD]


WHOLE = made(at(0.92) | curve((0.02, 0.03), base=0.88), seeds=4)
ODD = {
    "empty": WHOLE.head(0),
    "nothing finished": WHOLE.assign(state="missing", test_accuracy=np.nan, test_correct=None),
    "one seed": WHOLE[WHOLE["seed"] == 0],
    "two seeds": WHOLE[WHOLE["seed"] < 2],
    "only the baseline": WHOLE[WHOLE["times_flops"] == 1],
    "explicit multipliers": WHOLE.assign(times_flops=np.nan, rule="multipliers"),
    "no FLOPs got": WHOLE.assign(times_flops_got=np.nan),
    "FLOPs of zero": WHOLE.assign(times_flops_got=0.0),
    "no learning rate": WHOLE.assign(lr_times=np.nan),
    "a rule below the baseline": WHOLE.assign(times_flops=WHOLE["times_flops"] / 8),
    "seeds all alike": WHOLE.assign(
        test_correct=WHOLE.groupby(["rule", "times_flops"])["test_correct"].transform("first"),
        test_accuracy=WHOLE.groupby(["rule", "times_flops"])["test_accuracy"].transform("first"),
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_tables_are_untold_with_a_reason(name):
    found = [each for each in judge_claims(collect_evidence(ODD[name])) if each.on == "measured"]
    assert len({each.claim for each in found}) == 6
    for each in found:
        assert each.verdict == UNTOLD
        assert each.evidence.endswith(".")
        assert "nan" not in each.evidence


@pytest.mark.parametrize(
    "table",
    [
        WHOLE[WHOLE["times_flops"] != 1],
        WHOLE.assign(flops=np.nan, params=np.nan, activations=np.nan, latency_seconds=np.nan),
    ],
    ids=["no baseline", "no cost"],
)
def test_rules_on_one_budget_need_neither_baseline_nor_costs(table):
    found = {
        each.claim for each in judge_claims(collect_evidence(table)) if each.on == "measured" and each.verdict == HOLDS
    }
    assert {"compound scaling", "balance"} <= found


def test_published_first_then_measured_by_family_and_data_set():
    two = pd.concat([WHOLE, made(at(0.90), "efficientnet_b0_small", rng=4, dataset="another")], ignore_index=True)
    found = judge_claims(collect_evidence(two))
    on = [each.on for each in found]
    assert on == sorted(on, reverse=True)
    measured = {(each.claim, each.where): each.verdict for each in found if each.on == "measured"}
    where = "{} at 2 times its FLOPs ({}, recipe planted, rounding fitted)"
    assert measured["compound scaling", where.format("planted", "planted")] == HOLDS
    assert measured["compound scaling", where.format("efficientnet_b0_small", "another")] == UNTOLD
