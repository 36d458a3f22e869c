"""Units, parts and errors of counting costs. Counts against other libraries: tests/networks/test_references.py."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from scaling_lab.networks.block_layers import BlockContext
from scaling_lab.networks.costs.block_formula import block_formula
from scaling_lab.networks.costs.cost import Cost, cost_by_part, network_cost
from scaling_lab.networks.families.efficientnet import efficientnet_b0, efficientnet_b0_small
from scaling_lab.networks.families.mobilenet_v1 import mobilenet_v1, mobilenet_v1_small
from scaling_lab.networks.families.resnet import resnet18, resnet18_small, resnet50, resnet50_small
from scaling_lab.networks.layers import Conv, Flatten, Gate, GlobalPool, Layer, Linear
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import FITTED, PAPER, Rounding
from scaling_lab.networks.scaling.scale import scale
from scaling_lab.training.module import build_module


def test_published_counts() -> None:
    assert (network_cost(resnet50()).params, network_cost(resnet50()).flops) == (25_557_032, 4_089_184_256)
    assert network_cost(resnet18()).params == 11_689_512
    assert (network_cost(mobilenet_v1()).params, network_cost(mobilenet_v1()).flops) == (4_231_976, 568_740_352)
    assert (network_cost(efficientnet_b0()).params, network_cost(efficientnet_b0()).flops) == (5_288_548, 385_814_752)


def test_parts_add_up_and_are_named_in_order() -> None:
    parts = cost_by_part(resnet18())
    assert [name for name, _ in parts] == ["stem", "stage1", "stage2", "stage3", "stage4", "head"]
    for name in ("flops", "norm_elements", "pooled", "activations", "params"):
        assert sum(getattr(part, name) for _, part in parts) == getattr(network_cost(resnet18()), name)
    assert dict(parts)["head"] == Cost(flops=512_000, pooled=512 * 49, activations=1000, params=513_000)
    assert dict(parts)["head"].flops_fvcore == 512_000 + 512 * 49


def test_flops_grow_with_the_square_of_the_side_except_in_classifier_and_gates() -> None:
    small, large = replace(resnet18(), side=64), replace(resnet18(), side=128)
    classifier = 512_000
    assert network_cost(large).flops - classifier == 4 * (network_cost(small).flops - classifier)


def test_a_network_with_mismatched_channels_is_an_error() -> None:
    class Wrong:
        def layers(self, _at: object) -> tuple[Conv, ...]:
            return (Conv("conv", 5, 5),)

        def __hash__(self) -> int:
            return 0

    stages = resnet18().stages
    broken = replace(resnet18(), stages=(replace(stages[0], blocks=(Wrong(),)), *stages[1:]))
    with pytest.raises(ValueError, match=r"layer conv .*5.* 64"):
        network_cost(broken)


SMALL = [mobilenet_v1_small(), resnet18_small(), resnet50_small(), efficientnet_b0_small()]


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(SMALL),
    st.floats(0.3, 2.5),
    st.floats(0.2, 2.0),
    st.floats(0.3, 1.6),
    st.sampled_from([PAPER, FITTED]),
)
def test_torchs_flop_counter_agrees(baseline: Network, d: float, w: float, r: float, rounding: Rounding) -> None:
    network = scale(baseline, Multipliers(d, w, r), rounding)
    module = build_module(network).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, 3, network.side, network.side))
    counted = network_cost(network)
    assert 2 * counted.flops == counter.get_total_flops()
    assert counted.params == sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(
    ("layers", "match"),
    [
        ((Gate("gate", (GlobalPool("pool"), Conv("excite", 4, 5))),), "gate gate multiplies"),
        ((Gate("gate", (Conv("excite", 4, 4),)),), "gate gate multiplies"),
        ((Linear("linear", 4, 4),), "linear layer .* not globally pooled"),
        ((Flatten("flat"),), "flattens a map that is not globally pooled"),
    ],
)
def test_layers_in_a_wrong_place_are_errors(layers: tuple[Layer, ...], match: str) -> None:
    class Wrong:
        def layers(self, _at: object) -> tuple[Layer, ...]:
            return layers

    with pytest.raises(ValueError, match=match):
        block_formula(Wrong(), BlockContext(4, 4, 1, 1e-5, 0.1))
