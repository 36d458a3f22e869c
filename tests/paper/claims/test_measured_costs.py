"""Verdicts of claims on costs, on synthetic studies with known truth: other networks, latency, activations."""

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.paper.claims.activations import ACTIVATIONS
from scaling_lab.paper.claims.front import FRONT
from scaling_lab.paper.claims.latency import LATENCY
from tests.paper.claims.known_truth import COMPLETE, FAILS, HOLDS, OUT, UNDECIDED, made, verdicts


def families(gap, **theirs):
    truth = {("width", 1.0): 0.90, ("width", 2.0): 0.91}
    other = {place: accuracy - gap for place, accuracy in truth.items()}
    return pd.concat([made(truth, "efficientnet_b0_small"), made(other, "other", rng=2, **theirs)], ignore_index=True)


@pytest.mark.parametrize(
    ("gap", "cost", "verdict"),
    [(0.04, 2.0, HOLDS), (-0.06, 0.4, FAILS), (0.0, 2.0, UNDECIDED), (0.04, 0.4, UNDECIDED), (-0.06, 2.5, UNDECIDED)],
)
def test_front_on_synthetic_studies(gap, cost, verdict):
    (judgement,) = FRONT.judge_measured(collect_evidence(families(gap, flops=cost, params=cost)))
    assert judgement.verdict == verdict


def test_front_holds_only_if_every_comparable_network_is_dominated():
    ours = made({("width", 1.0): 0.90, ("width", 2.0): 0.91}, "efficientnet_b0_small")
    theirs = made({("width", 1.0): 0.86, ("width", 2.0): 0.91}, "other", rng=2, flops=2.0, params=2.0)
    (judgement,) = FRONT.judge_measured(collect_evidence(pd.concat([ours, theirs], ignore_index=True)))
    assert judgement.verdict == UNDECIDED
    assert judgement.evidence.startswith("1 of 2 networks of other")


def test_front_needs_no_more_parameters_and_the_same_dataset():
    (judgement,) = FRONT.judge_measured(collect_evidence(families(0.04, flops=3.0, params=0.1)))
    assert judgement.verdict == UNDECIDED
    assert "none has both" in judgement.evidence
    apart = FRONT.judge_measured(collect_evidence(families(0.04, dataset="another")))
    assert verdicts(apart) == [UNDECIDED, UNDECIDED]
    assert "no family other" in apart[0].evidence
    assert "no EfficientNet family" in apart[1].evidence


def latencies(ratio, accuracy=0.92, seeds=6, spread=1.0):
    fast = made({("width", 1.0): accuracy}, "efficientnet_b1", seeds=seeds, latency_seconds=0.1)
    slow = made({("width", 1.0): 0.9}, "resnet152", seeds=seeds, rng=2, latency_seconds=0.1 * ratio)
    slow["latency_seconds"] *= np.where(slow["seed"] == 0, spread, 1.0)
    return pd.concat([fast, slow], ignore_index=True)


@pytest.mark.parametrize(("ratio", "verdict"), [(6.0, HOLDS), (5.66, HOLDS), (5.6, UNDECIDED), (0.5, FAILS)])
def test_latency_on_synthetic_studies(ratio, verdict):
    (judgement,) = LATENCY.judge_measured(collect_evidence(latencies(ratio)))
    assert judgement.verdict == verdict
    assert f"ratio of {ratio:.2f}," in judgement.evidence


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"seeds": 1}, "for EfficientNet-B1 and ResNet-152"),
        ({"spread": 30.0}, "factor of up to 30.0 in latency"),
        ({"accuracy": 0.5}, "must not be lower by more than 1"),
        ({"spread": 1.15}, "5.22 to 6.90"),
    ],
)
def test_latency_needs_seeds_steady_times_and_equal_accuracy(change, reason):
    (judgement,) = LATENCY.judge_measured(collect_evidence(latencies(6.0, **change)))
    assert judgement.verdict == UNDECIDED
    assert reason in judgement.evidence


def test_latency_names_the_network_that_was_not_trained():
    table = latencies(6.0)
    (alone,) = LATENCY.judge_measured(collect_evidence(table[table["family"] == "resnet152"]))
    assert alone.verdict == UNDECIDED
    assert "baseline of EfficientNet-B1" in alone.evidence
    (neither,) = LATENCY.judge_measured(collect_evidence(COMPLETE))
    assert neither.verdict == UNDECIDED
    assert "GPipe" in neither.evidence


def costs(cause, seeds=1):
    rng = np.random.default_rng(5)
    truth = {("width", 1.0 + step): 0.9 for step in range(20)}
    table = made(truth, seeds=seeds)
    for name in ("flops", "activations"):
        table[name] = table["times_flops"].map(lambda times: np.exp(rng.normal(10, 1)).round() + times)
        table[name] = table.groupby("times_flops")[name].transform("first")
    table["both"] = np.sqrt(table["flops"] * table["activations"])
    noise = np.exp(rng.normal(0, 0.1, 20))[table["times_flops"].astype(int) - 1]
    return table.assign(latency_seconds=table[cause] * noise)


@pytest.mark.parametrize(("cause", "verdict"), [("activations", HOLDS), ("flops", FAILS), ("both", UNDECIDED)])
def test_activations_on_synthetic_studies(cause, verdict):
    (judgement,) = ACTIVATIONS.judge_measured(collect_evidence(costs(cause)))
    assert judgement.verdict == verdict
    assert "Over 20 networks" in judgement.evidence
    assert judgement.where == "networks of synthetic"
    (on_cpu,) = ACTIVATIONS.judge_measured(collect_evidence(costs(cause).assign(device="cpu")))
    assert on_cpu.verdict == OUT


def test_activations_need_eight_networks_that_differ_at_several_flops():
    table = costs("flops")
    (judgement,) = ACTIVATIONS.judge_measured(collect_evidence(table.head(7)))
    assert judgement.verdict == UNDECIDED
    assert "the table has 7 networks of 1 family" in judgement.evidence
    assert verdicts(ACTIVATIONS.judge_measured(collect_evidence(table.assign(activations=5.0)))) == [UNDECIDED]
    one_budget = table.assign(flops=1e6 * (1 + 0.01 * np.arange(len(table))))
    (judgement,) = ACTIVATIONS.judge_measured(collect_evidence(one_budget))
    assert judgement.verdict == UNDECIDED
    assert "factor of 1.19" in judgement.evidence


def test_unsteady_latencies_are_no_evidence():
    table = costs("activations", seeds=2)
    busy = table["times_flops"].isin([2.0, 3.0]) & (table["seed"] == 1)
    table["latency_seconds"] *= np.where(busy, 1.5, 1.0)
    (judgement,) = ACTIVATIONS.judge_measured(collect_evidence(table))
    assert judgement.verdict == HOLDS
    assert "Over 18 networks" in judgement.evidence
    assert "more than a fifth in latency: 2 networks." in judgement.evidence


def test_networks_of_fewer_than_eight_families_are_judged_by_family():
    tables = [costs("activations").assign(family="one"), costs("flops").assign(family="other")]
    tables = [table.assign(key=table["key"] + table["family"]) for table in tables]
    judgements = ACTIVATIONS.judge_measured(collect_evidence(pd.concat(tables, ignore_index=True)))
    assert {judgement.where: judgement.verdict for judgement in judgements} == {
        "networks of one": HOLDS,
        "networks of other": FAILS,
    }
