"""The claim about activations, on published numbers and on synthetic rows."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress

from scaling_lab.paper import tables
from scaling_lab.paper.claims import activations
from tests.paper.claims.known_truth import FAILS, HOLDS, UNDECIDED
from tests.paper.claims.published_claims import evidence_of


def test_activations_by_hand():
    table = tables.read_published_table("networks").drop_duplicates(["arch", "resolution"])
    seconds = -np.log(table["images_per_s_rtx4090_amp"])
    shares = [100 * linregress(np.log(table[name]), seconds).rvalue ** 2 for name in ("mactivations", "gmacs")]
    evidence = evidence_of("activations", "timm, RTX 4090, mixed precision, all networks")
    assert f"activations explain {shares[0]:.1f} %" in evidence
    assert f"(multiply-adds) {shares[1]:.1f} %" in evidence


def synthetic_rows(family_noise, families=40, family_size=8):
    rng = np.random.default_rng(3)
    size = families * family_size
    family = np.repeat(np.arange(families), family_size)
    logs = rng.normal(0, 1, (size, 2))
    seconds = logs[:, 0] + 0.5 * rng.normal(0, 1, size) + family_noise * rng.normal(0, 1, families)[family]
    rows = pd.DataFrame(np.exp(np.column_stack([seconds, logs])), columns=["seconds", "activations", "flops"])
    return rows.assign(family=family.astype(str))


def test_activations_on_synthetic_tables():
    rows = synthetic_rows(0.0)
    assert activations.judge_rows("", rows).verdict == HOLDS
    swapped = rows.rename(columns={"activations": "flops", "flops": "activations"})
    assert activations.judge_rows("", swapped).verdict == FAILS
    same = rows.assign(flops=rows["activations"])
    assert activations.judge_rows("", same).verdict == UNDECIDED
    assert activations.judge_rows("", rows.assign(flops=2.0)).verdict == UNDECIDED


def test_within_families_ignores_the_speed_of_a_family():
    rows = synthetic_rows(3.0)
    overall, within = activations.fit_latency(rows), activations.fit_latency(rows, within_families=True)
    assert overall.activations < 0.2
    assert within.activations == pytest.approx(1 / 1.25, abs=0.06)
    assert within.low <= within.activations - within.flops <= within.high


def test_families_are_resampled_not_networks(monkeypatch):
    monkeypatch.setattr(activations, "BOOTSTRAP_DRAWS", 500)
    rows = synthetic_rows(1.0)
    copies = pd.concat([rows] * 5, ignore_index=True)
    drawn, alone = activations.fit_latency(rows), activations.fit_latency(copies)
    assert (alone.low, alone.high) == pytest.approx((drawn.low, drawn.high))
    by_network = activations.fit_latency(copies.assign(family=[str(place) for place in range(len(copies))]))
    assert by_network.high - by_network.low < 0.7 * (drawn.high - drawn.low)
