"""The learning rate of each step, by hand, and as the optimiser gets it."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
import torch
from torch import nn

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.training.lr_schedule import lr_factor, make_lr_scheduler

COSINE = Hyperparameters(
    steps=110, warmup_steps=10, batch=8, lr=0.4, momentum=0.9, weight_decay=0, label_smoothing=0, pad=0, flip=False
)
STAIRS = replace(COSINE, steps=100, schedule="staircase", decay_rate=0.5, decay_steps=4.8)


def test_cosine_climbs_linearly_and_falls_as_half_a_cosine() -> None:
    factors = [lr_factor(step, COSINE) for step in range(110)]
    assert factors[:10] == pytest.approx([(i + 1) / 10 for i in range(10)])
    assert factors[10] == 1
    assert factors[60] == pytest.approx(0.5)
    assert factors[109] < 0.001
    assert all(a >= b for a, b in pairwise(factors[10:]))


def test_stairs_climb_from_zero_and_their_clock_runs_from_the_first_step() -> None:
    """EfficientNet's code: after ten steps of warm-up, two stairs of 4.8 steps are already over."""
    factors = [lr_factor(step, STAIRS) for step in range(16)]
    assert factors[:10] == pytest.approx([i / 10 for i in range(10)])
    assert factors[10:] == [0.25] * 5 + [0.125]


def test_stairs_without_warm_up_start_at_the_top() -> None:
    by = replace(STAIRS, warmup_steps=0, decay_steps=2.0)
    assert [lr_factor(step, by) for step in range(5)] == [1, 1, 0.5, 0.5, 0.25]


@pytest.mark.parametrize("epochs", ["2.4", "1.1", "0.7", "30"])
def test_a_stair_that_is_whole_in_fractions_is_not_late_by_rounding(epochs: str) -> None:
    by = replace(STAIRS, warmup_steps=0, decay_steps=float(epochs) * 306)
    exact = Fraction(epochs) * 306
    for stair in range(1, 300):
        if (exact * stair).denominator == 1:
            assert lr_factor(int(exact * stair), by) == pytest.approx(0.5**stair)
            assert lr_factor(int(exact * stair) - 1, by) == pytest.approx(0.5 ** (stair - 1))


@pytest.mark.parametrize("by", [COSINE, STAIRS], ids=["cosine", "staircase"])
def test_the_optimiser_gets_peak_times_factor_and_a_restored_schedule_goes_on(by: Hyperparameters) -> None:
    def made() -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
        optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=by.lr)
        return optimizer, make_lr_scheduler(optimizer, by)

    optimizer, rates = made()
    seen = []
    for step in range(30):
        if step == 15:
            states = optimizer.state_dict(), rates.state_dict()
            optimizer, rates = made()
            optimizer.load_state_dict(states[0])
            rates.load_state_dict(states[1])
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        rates.step()
    assert seen == [by.lr * lr_factor(step, by) for step in range(30)]
