"""Averaged weights against the formula in float64, and what a checkpoint asks of them."""

import io
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from scaling_lab.training.ema import EMA
from scaling_lab.training.module import build_module
from tests.references.fifty_steps import NETWORK
from tests.training.no_waiting import NoWaiting


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return build_module(NETWORK)


def jump(module: nn.Module, step: int) -> None:
    """Other weights and statistics, as a training step leaves them: in place."""
    draw = torch.Generator().manual_seed(step)
    with torch.no_grad():
        for value in module.state_dict().values():
            if value.is_floating_point():
                value.copy_(torch.rand(value.shape, generator=draw))
            else:
                value.add_(1)


@pytest.mark.parametrize("decay", [0.0, 0.1, 0.5, 0.9999])
def test_average_is_the_formula_written_out(decay: float) -> None:
    """0.1 is below the first warm-up value, 2 / 11; 0.5 is reached at step 8; 0.9999 is never reached."""
    module = network()
    expected = {name: value.double() for name, value in module.state_dict().items()}
    average = EMA(module, decay)
    for step in range(1, 21):
        jump(module, step)
        average.update(module)
        now = min(decay, (1 + step) / (10 + step))
        for name, value in module.state_dict().items():
            expected[name] = now * expected[name] + (1 - now) * value.double()
    averaged = average.module.state_dict()
    for name, value in averaged.items():
        if value.is_floating_point():
            torch.testing.assert_close(value.double(), expected[name], rtol=1e-6, atol=1e-6, msg=name)


def test_it_starts_as_a_copy_that_training_does_not_touch() -> None:
    module = network()
    average = EMA(module, 0.9)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    jump(module, 1)
    assert all(torch.equal(value, before[name]) for name, value in average.module.state_dict().items())
    assert not average.module.training
    assert module.training
    assert not any(weight.requires_grad for weight in average.module.parameters())


def test_whole_numbers_are_copied() -> None:
    module = network()
    average = EMA(module, 0.9)
    for step in range(3):
        jump(module, step)
        average.update(module)
    counts = [value for value in average.module.state_dict().values() if not value.is_floating_point()]
    assert counts
    assert all(count == 3 for count in counts)


def test_a_saved_state_goes_on_with_the_same_bits() -> None:
    module, uninterrupted = network(), EMA(network(), 0.9)
    first = EMA(network(), 0.9)
    for step in range(5):
        jump(module, step)
        uninterrupted.update(module)
        first.update(module)
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    second = EMA(network(seed=1), 0.9)
    second.load_state_dict(torch.load(file, weights_only=True))
    for step in range(5, 8):
        jump(module, step)
        uninterrupted.update(module)
        second.update(module)
    states = uninterrupted.state_dict(), second.state_dict()
    assert states[0].keys() == states[1].keys()
    assert all(isinstance(value, torch.Tensor) and torch.equal(value, states[1][n]) for n, value in states[0].items())


def test_the_state_of_another_network_is_refused() -> None:
    with pytest.raises(RuntimeError, match="Missing key"):
        EMA(network(), 0.9).load_state_dict(EMA(nn.Linear(2, 2), 0.9).state_dict())


def test_an_update_reads_nothing_back_from_the_device() -> None:
    module = network().to("meta")
    average = EMA(module, 0.9)
    with NoWaiting():
        average.update(module)
        average.update(module)


def test_torchs_own_wrapper_would_wait() -> None:
    """Why `Averaged` is not built on it; when this fails, it can be."""

    def average(own: list[Any], new: list[Any], _: Any) -> None:
        torch._foreach_copy_(own, new)

    module = network().to("meta")
    wrapper = AveragedModel(module, multi_avg_fn=average, use_buffers=True)
    wrapper.n_averaged += 1
    with NoWaiting(), pytest.raises(AssertionError, match="goes between"):
        wrapper.update_parameters(module)
