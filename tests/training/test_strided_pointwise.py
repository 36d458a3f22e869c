"""1x1 convolutions with a stride and few input channels: their gradients are right on every processor.

Where the workaround is missing, a processor with AVX-512 or AVX2 crashes here or has other gradients.
"""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from scaling_lab.networks.layers import Conv
from scaling_lab.training.module import StridedPointwise, _module


def gradients(conv: nn.Module, images: Tensor) -> Sequence[Tensor]:
    """Return the output and the gradients of input and weights, for ten steps on the same images."""
    for _ in range(10):
        conv.zero_grad()
        x = images.clone(memory_format=torch.preserve_format).requires_grad_()
        out = conv(x)
        out.square().mean().backward()
    assert x.grad is not None
    (weight,) = conv.parameters()
    assert weight.grad is not None
    return out.detach(), x.grad, weight.grad


@pytest.mark.parametrize(
    ("inputs", "outputs", "side"), [(8, 16, 64), (12, 12, 56), (15, 8, 63), (4, 8, 16), (8, 12, 48)]
)
def test_gradients_equal_those_in_double_precision(inputs: int, outputs: int, side: int) -> None:
    torch.manual_seed(0)
    conv = _module(Conv("c", inputs, outputs, kernel=1, stride=2)).to(memory_format=torch.channels_last)
    assert isinstance(conv, StridedPointwise)
    reference = nn.Conv2d(inputs, outputs, 1, 2, bias=False).double()
    reference.load_state_dict(conv.state_dict())
    images = torch.randn(4, inputs, side, side).to(memory_format=torch.channels_last)
    for value, exact in zip(gradients(conv, images), gradients(reference, images.double()), strict=True):
        assert torch.allclose(value.double(), exact, rtol=1e-4, atol=1e-5 * float(exact.abs().max()))


def test_other_sides_and_widths_are_computed_as_before() -> None:
    torch.manual_seed(0)
    conv = _module(Conv("c", 8, 12, kernel=1, stride=2)).to(memory_format=torch.channels_last)
    usual = nn.Conv2d(8, 12, 1, 2, bias=False).to(memory_format=torch.channels_last)
    usual.load_state_dict(conv.state_dict())
    images = torch.randn(64, 8, 32, 32).to(memory_format=torch.channels_last)
    assert all(map(torch.equal, gradients(conv, images), gradients(usual, images)))
    assert type(_module(Conv("c", 16, 12, kernel=1, stride=2))) is nn.Conv2d
    assert type(_module(Conv("c", 8, 12, kernel=3, stride=2))) is nn.Conv2d
    assert type(_module(Conv("c", 8, 12, kernel=1))) is nn.Conv2d
