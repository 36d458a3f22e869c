"""Verdicts on points that were trained again: numbers, and the error rate on the committed seeds."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.analysis.reproduction import (
    BIT_EQUAL,
    CHANGED_LIMIT,
    NOT_REPRODUCED,
    WITHIN_NOISE,
    Measurement,
    judge_reproduction,
)
from scaling_lab.analysis.reproduction_table import make_reproduction_table
from scaling_lab.analysis.seed_spread import NETWORK, SeedSpread, count_changed, estimate_seed_spread
from scaling_lab.analysis.text.reproduction import summarize_reproductions
from scaling_lab.store.bits import pack_bits, unpack_bits

RESULTS = Path(__file__).parents[2] / "results"
NOISE = SeedSpread(seeds=3, mean=0.8, deviation=0.01, freedom=6, changed=10)
ROW = {"key": "abc", "family": "resnet", "rule": "width", "times_flops": 2.0, "seed": 1}


def measured(correct: int, images: int = 100, losses: tuple[float, ...] = (1.0, 0.5), **provenance: str) -> Measurement:
    bits = pack_bits([place < correct for place in range(images)])
    return Measurement(correct / images, bits, images, 0.75, losses, provenance)


def test_every_number_counts_for_bit_equality() -> None:
    then = measured(80)
    assert judge_reproduction(ROW, then, measured(80), None).verdict == BIT_EQUAL
    assert judge_reproduction(ROW, replace(then, losses=(0.5,)), measured(80), None).verdict == BIT_EQUAL
    for other in (
        measured(81),
        measured(80, losses=(1.0, 0.5000001)),
        replace(then, held_out_accuracy=0.76),
        replace(then, test_correct=pack_bits([place >= 20 for place in range(100)])),
    ):
        assert judge_reproduction(ROW, then, other, None).verdict == NOT_REPRODUCED
        assert judge_reproduction(ROW, then, other, NOISE).verdict == (
            WITHIN_NOISE if then.count_changed(other) <= CHANGED_LIMIT * NOISE.changed else NOT_REPRODUCED
        )


def test_the_interval_is_students_prediction_interval() -> None:
    """3.707 is the 99.5 % quantile of Student's t with 6 degrees of freedom (printed tables)."""
    low, high = NOISE.interval(0.99)
    assert high - 0.8 == pytest.approx(3.707 * 0.01 * np.sqrt(4 / 3), rel=1e-3)
    assert low + high == pytest.approx(1.6)
    alone, together = (judge_reproduction(ROW, measured(80), measured(79), NOISE, points) for points in (1, 5))
    assert alone.interval == pytest.approx((low, high))
    assert together.interval
    assert together.interval == pytest.approx(NOISE.interval(0.998))


@pytest.mark.parametrize(
    ("now", "verdict", "changed"),
    [
        (measured(76), WITHIN_NOISE, 4),
        (measured(75), NOT_REPRODUCED, 5),
        (measured(80, images=80), NOT_REPRODUCED, None),
    ],
)
def test_verdicts_outside_and_inside(now: Measurement, verdict: str, changed: int | None) -> None:
    reproduction = judge_reproduction(ROW, measured(80), now, NOISE)
    assert (reproduction.verdict, reproduction.changed) == (verdict, changed)
    assert bool(reproduction.reason) == (verdict == NOT_REPRODUCED)


def test_what_differs_is_named() -> None:
    then, now = measured(80, torch="2.12.0", processor="A", commit="1f"), measured(79, torch="2.13.0", processor="A")
    reproduction = judge_reproduction(ROW, then, now, NOISE)
    assert reproduction.differences == {"torch": ("2.12.0", "2.13.0")}
    [row] = make_reproduction_table([reproduction]).to_dict("records")
    assert (row["differs"], row["changed"], row["changed_between_seeds"]) == ("torch 2.12.0, now 2.13.0", 1, 10)
    text = "\n".join(summarize_reproductions([reproduction]))
    assert "1 of 1 point reproduced" in text
    assert all(part in text for part in ("torch 2.12.0, now 2.13.0", "1f"))


@pytest.fixture(scope="module")
def rules() -> pd.DataFrame:
    return read_results_folder(RESULTS / "rules-reference").table.drop_duplicates("key")


def test_the_noise_of_a_network_is_between_its_own_and_the_pooled_one(rules: pd.DataFrame) -> None:
    noises = estimate_seed_spread(rules)
    assert noises.keys() == set(rules["key"])
    for _, seeds in rules.groupby(NETWORK):
        noise = noises[seeds["key"].iloc[0]]
        accuracies = seeds["test_accuracy"].to_numpy()
        setting = rules[(rules["lr_times"] == seeds["lr_times"].iloc[0])]
        pooled = setting.groupby(NETWORK)["test_accuracy"].var().mean()
        assert noise.seeds == 5
        assert noise.freedom == 8
        assert noise.deviation**2 == pytest.approx((accuracies.var(ddof=1) + pooled) / 2)
        bits = [np.array(unpack_bits(packed, 10_000)) for packed in seeds["test_correct"]]
        assert noise.changed == np.mean([(a != b).sum() for a, b in combinations(bits, 2)])


def test_faithful_trainings_are_seldom_rejected(rules: pd.DataFrame) -> None:
    """Each seed at the recipe's learning rate, judged by the other four of its network: 35 trials, none rejected."""
    rules = rules[rules["lr_times"] == 1]
    rejected = 0
    for _, seeds in rules.groupby(NETWORK):
        for key in seeds["key"]:
            others = seeds[seeds["key"] != key]
            noise = estimate_seed_spread(pd.concat([others, rules[~rules["key"].isin(seeds["key"])]]))
            row, other = seeds[seeds["key"] == key].iloc[0], others.iloc[0]
            low, high = noise[other["key"]].interval(0.99)
            changed = count_changed(row["test_correct"], other["test_correct"], 10_000)
            is_usual = changed <= CHANGED_LIMIT * noise[other["key"]].changed
            rejected += not (low <= row["test_accuracy"] <= high and is_usual)
    assert not rejected


def test_without_two_seeds_of_any_network_the_noise_is_unknown(rules: pd.DataFrame) -> None:
    assert estimate_seed_spread(rules[rules["seed"] == 0]) == {}
    assert judge_reproduction(ROW, measured(80), measured(79), None).verdict == NOT_REPRODUCED


def test_one_seed_takes_the_noise_of_the_other_networks(rules: pd.DataFrame) -> None:
    first = rules["key"].iloc[0]
    same = (rules[NETWORK].astype(str) == rules.iloc[0][NETWORK].astype(str)).all(axis=1)
    noise = estimate_seed_spread(rules[~same | (rules["key"] == first)])[first]
    assert (noise.seeds, noise.freedom) == (1, 4)
    assert 0.001 < noise.deviation < 0.01
    assert 500 < noise.changed < 900
