"""Counts of modules against sums by hand, and against fvcore; the modules themselves stay as they are."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from own_nets import VGG, Family

from scaling_lab.errors import UserError
from scaling_lab.modules.building import run_image
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.training.module import build_module


def vgg_by_hand(depth: float, width: float, side: int, classes: int, channels: int) -> dict[str, int]:
    """Return the multiply-adds, activations, parameters and output elements of batch norms of `VGG`."""
    flops = activations = params = norms = 0
    inputs = channels
    for blocks, outputs in ((1, round(8 * width)), (2, round(16 * width))):
        for _ in range(max(1, round(blocks * depth))):
            flops += 9 * inputs * outputs * side**2
            activations += outputs * side**2
            norms += outputs * side**2
            params += 9 * inputs * outputs + 2 * outputs
            inputs = outputs
        side //= 2
    flops, activations, params = flops + inputs * classes, activations + classes, params + (inputs + 1) * classes
    return {"flops": flops, "activations": activations, "params": params, "norm_elements": norms}


@pytest.mark.parametrize(("depth", "width", "side", "classes", "channels"), [(1, 1, 16, 10, 1), (2.5, 1.25, 23, 7, 3)])
def test_a_vgg_is_counted_as_by_hand(
    family: Family, depth: float, width: float, side: int, classes: int, channels: int
) -> None:
    network = replace(
        family(VGG, factory="make_vgg"), depth=depth, width=width, side=side, classes=classes, channels=channels
    )
    cost = network_cost(network)
    expected = vgg_by_hand(depth, width, side, classes, channels)
    assert {name: getattr(cost, name) for name in expected} == expected
    assert cost.flops_fvcore > cost.flops + 2 * cost.norm_elements


def test_side_grid_and_channels_are_inferred(family: Family) -> None:
    network = family(VGG, factory="make_vgg")
    assert (network.side, network.total_stride, network.channels) == (16, 4, 3)
    assert family(VGG, factory="make_vgg", side=20, grid=2).total_stride == 2
    assert family(VGG, factory="make_vgg", side=20).side == 20


SHARED = """
import torch
from torch import nn
from torch.nn import functional


class Net(nn.Module):
    def __init__(self, channels, wide, classes):
        super().__init__()
        self.stem = nn.Conv2d(channels, wide, 3, padding=1, bias=False)
        self.twice = nn.Conv2d(wide, wide, 3, padding=1, bias=False)
        self.kernel = nn.Parameter(torch.randn(wide, wide, 1, 1) / wide)
        self.tied = nn.Conv2d(wide, wide, 3, padding=1, bias=False)
        self.tied.weight = self.twice.weight
        self.head = nn.Linear(wide, classes, bias=False)
        self.calls = 0
        self.stem.register_forward_hook(self.count)

    def count(self, *_):
        self.calls += 1

    def forward(self, x):
        x = self.stem(x)
        for _ in range(2):
            x = functional.relu(self.twice(x))
        x = functional.conv2d(self.tied(x), self.kernel)
        return self.head(x.mean((2, 3)))


def make(depth, width, resolution=8, classes=5, channels=3):
    return Net(channels, round(4 * width), classes)
"""


def test_shared_modules_functional_convolutions_and_tied_weights_count_as_they_run(family: Family) -> None:
    network = replace(family(SHARED), classes=5)
    cost = network_cost(network)
    assert cost.flops == 64 * (9 * 3 * 4 + 3 * 9 * 4 * 4 + 4 * 4) + 4 * 5
    assert cost.activations == 64 * (4 + 3 * 4 + 4) + 5
    assert cost.params == 9 * 3 * 4 + 9 * 4 * 4 + 4 * 4 + 4 * 5


def test_hooks_and_names_of_weights_stay(family: Family) -> None:
    network = replace(family(SHARED), classes=5)
    network_cost(network)
    module: Any = build_module(network).eval()
    assert list(module.state_dict()) == ["kernel", "stem.weight", "twice.weight", "tied.weight", "head.weight"]
    assert [len(part._forward_hooks) for part in (module, module.stem, module.twice)] == [0, 1, 0]
    run_image(network.factory, network, module, "cpu")  # type: ignore[arg-type]
    assert module.calls == 1
    assert module.tied.weight is module.twice.weight


def test_counting_draws_no_random_number(family: Family) -> None:
    network = family(VGG, factory="make_vgg")
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    network_cost(replace(network, width=1.5))
    assert torch.equal(torch.rand(4), expected)


ATTENTION = """
from torch import nn
from torch.nn import functional


class Attention(nn.Module):
    def forward(self, x):
        tokens = x.flatten(2).transpose(1, 2)[:, None]
        return functional.scaled_dot_product_attention(tokens, tokens, tokens)[:, 0].mean(1)


def make(depth, width, resolution=8, classes=5, channels=3):
    wide = round(4 * width)
    body = nn.Sequential(nn.Conv2d(channels, wide, 3, padding=1), Attention())
    return nn.Sequential(body, nn.Linear(wide, classes))
"""


def test_what_torch_and_fvcore_count_differently_is_refused_by_name(family: Family) -> None:
    with pytest.raises(UserError, match=r"must agree") as raised:
        network_cost(family(ATTENTION))
    message = str(raised.value)
    assert "in 0.1 (torch: " in message
    assert "fvcore: nothing" in message
    assert "\n" not in message


NEEDS_VALUES = """
import torch
from torch import nn


def make(depth, width, resolution=8, classes=5, channels=3):
    wide = [round(8 * rate.item()) for rate in torch.linspace(width / 2, width, 2)]
    return nn.Sequential(
        nn.Conv2d(channels, wide[0], 3), nn.Conv2d(wide[0], wide[1], 3), nn.Flatten(), nn.LazyLinear(classes)
        if False else nn.Linear(wide[1] * (resolution - 4) ** 2, classes),
    )
"""


def test_code_that_needs_values_is_counted_on_the_cpu(family: Family) -> None:
    network = replace(family(NEEDS_VALUES), classes=5)
    assert network_cost(network).flops == 9 * 3 * 4 * 36 + 9 * 4 * 8 * 16 + 8 * 16 * 5


EARLY = """
from torch import nn


class Early(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.first, self.more = nn.Conv2d(channels, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.head = nn.Linear(4, classes)

    def forward(self, x):
        y = self.first(x)
        y = y if x.sum().item() == 0 else self.more(y)
        return self.head(y.mean((2, 3)))


def make(depth, width, resolution=8, classes=5, channels=3):
    return Early(channels, classes)
"""


def test_a_cost_that_depends_on_the_image_is_refused(family: Family) -> None:
    black = 9 * 3 * 4 * 64 + 4 * 10
    with pytest.raises(UserError, match=f"depends on the image.*{black:,}.*{black + 9 * 4 * 4 * 64:,}"):
        network_cost(family(EARLY))
