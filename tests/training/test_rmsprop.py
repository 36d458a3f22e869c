"""TensorFlow's RMSProp against its definition written out in Python's floats, and what a checkpoint asks of it."""

import io
from math import sqrt

import pytest
import torch
from torch import Tensor, nn

from scaling_lab.training.rmsprop import RMSProp
from tests.training.no_waiting import NoWaiting

SHAPES = [(3, 2), (4,), (1, 2, 2)]


def gradients(step: int, dtype: torch.dtype) -> list[Tensor]:
    draw = torch.Generator().manual_seed(step)
    return [torch.randn(shape, generator=draw, dtype=torch.float64).to(dtype) for shape in SHAPES]


def weights(dtype: torch.dtype) -> list[nn.Parameter]:
    return [nn.Parameter(value) for value in gradients(99, dtype)]


def steps(by: RMSProp, these: list[nn.Parameter], numbers: range) -> None:
    """The learning rate changes with every step."""
    for number in numbers:
        for group in by.param_groups:
            group["lr"] = 0.1 / (1 + number)
        for weight, gradient in zip(these, gradients(number, weight_type(these)), strict=True):
            weight.grad = gradient
        by.step()


def weight_type(these: list[nn.Parameter]) -> torch.dtype:
    return these[0].dtype


def written_out(w: float, along: list[float], decay: float, momentum: float, eps: float, l2: float) -> float:
    mean_square, velocity = 1.0, 0.0
    for number, g in enumerate(along):
        g = g + l2 * w
        mean_square = decay * mean_square + (1 - decay) * g**2
        velocity = momentum * velocity + 0.1 / (1 + number) * g / sqrt(mean_square + eps)
        w -= velocity
    return w


@pytest.mark.parametrize(("dtype", "allowed"), [(torch.float64, 1e-13), (torch.float32, 1e-5)])
@pytest.mark.parametrize(
    ("decay", "momentum", "eps", "l2"), [(0.9, 0.9, 1e-3, 1e-2), (0.9, 0.9, 1.0, 0.0), (0.5, 0.0, 1e-10, 0.3)]
)
def test_weights_are_those_of_the_definition(
    dtype: torch.dtype, allowed: float, decay: float, momentum: float, eps: float, l2: float
) -> None:
    these = weights(dtype)
    steps(RMSProp(these, 0.1, decay, momentum, eps, l2), these, range(20))
    along = [torch.cat([g.flatten() for g in gradients(number, torch.float64)]).tolist() for number in range(20)]
    first = torch.cat([w.detach().flatten() for w in weights(torch.float64)]).tolist()
    expected = [written_out(w, [g[i] for g in along], decay, momentum, eps, l2) for i, w in enumerate(first)]
    assert torch.cat([w.detach().flatten() for w in these]).tolist() == pytest.approx(
        expected, rel=allowed, abs=allowed
    )


def test_defaults_are_those_of_tensorflow() -> None:
    """tensorflow/python/training/rmsprop.py, RMSPropOptimizer.__init__."""
    usual = RMSProp(weights(torch.float32), lr=0.1).defaults
    assert (usual["square_decay"], usual["momentum"], usual["eps"]) == (0.9, 0.0, 1e-10)


def test_a_saved_state_goes_on_with_the_same_bits() -> None:
    uninterrupted, halves = weights(torch.float32), weights(torch.float32)
    settings = {"momentum": 0.9, "eps": 1e-3, "weight_decay": 1e-2}
    steps(RMSProp(uninterrupted, 0.1, **settings), uninterrupted, range(10))
    first = RMSProp(halves, 0.1, **settings)
    steps(first, halves, range(5))
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    second = RMSProp(halves, 0.5)
    second.load_state_dict(torch.load(file, weights_only=True))
    steps(second, halves, range(5, 10))
    assert all(torch.equal(a, b) for a, b in zip(uninterrupted, halves, strict=True))


def test_a_weight_without_a_gradient_stays() -> None:
    these = weights(torch.float32)
    before = [weight.detach().clone() for weight in these]
    by = RMSProp(these, 0.1, momentum=0.9, weight_decay=0.1)
    by.step()
    these[1].grad = torch.ones_like(these[1])
    by.step()
    assert [torch.equal(a, b) for a, b in zip(these, before, strict=True)] == [True, False, True]


def test_a_gradient_is_left_as_it_is() -> None:
    these = weights(torch.float32)
    steps(RMSProp(these, 0.1, momentum=0.9, weight_decay=0.1), these, range(1))
    assert all(torch.equal(w.grad, g) for w, g in zip(these, gradients(0, torch.float32), strict=True))  # type: ignore[arg-type]


def test_a_step_reads_nothing_back_from_the_device() -> None:
    these = [nn.Parameter(weight.detach().to("meta")) for weight in weights(torch.float32)]
    by = RMSProp(these, 0.1, momentum=0.9, weight_decay=0.1)
    for _ in range(2):
        for weight in these:
            weight.grad = torch.empty_like(weight)
        with NoWaiting():
            by.step()
