"""What every family in conf/family is given without asking: a new yaml is a new test case."""

from dataclasses import replace

import pytest
import torch

from scaling_lab.build import build
from scaling_lab.choices import call, names, read
from scaling_lab.cost import cost
from scaling_lab.fit import fit
from scaling_lab.measure.fvcore_count import fvcore_count
from scaling_lab.networks.spec import Network
from scaling_lab.rules.multipliers import Multipliers
from scaling_lab.rules.rounding import PAPER
from scaling_lab.rules.scale import scale
from scaling_lab.rules.shares import Shares

FAMILIES = names("family")
SMALL = [name for name in FAMILIES if name.endswith("_small") and name != "mobilenet_v3_small"]
RULES = [name for name in names("rule") if not isinstance(call("rule", read("rule", name)), Multipliers)]


def family(name: str) -> Network:
    return call("family", read("family", name))


@pytest.mark.parametrize("name", FAMILIES)
def test_fvcore_counts_the_built_module_alike(name: str) -> None:
    network = family(name)
    assert fvcore_count(build(network), network) == cost(network)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize(("d", "w", "r"), [(1.3, 0.6, 1), (2.1, 1.37, 1.2), (0.4, 1, 0.55)])
def test_fvcore_counts_scaled_forms_alike(name: str, d: float, w: float, r: float) -> None:
    small = replace(family(name), side=4 * family(name).total_stride)
    network = scale(small, Multipliers(d, w, r), PAPER)
    assert fvcore_count(build(network), network) == cost(network)


@pytest.mark.parametrize("name", SMALL)
def test_small_forms_have_total_stride_4_and_a_published_family(name: str) -> None:
    assert family(name).total_stride == 4
    assert name.removesuffix("_small") in FAMILIES


@pytest.mark.parametrize("name", FAMILIES)
def test_forward_and_backward_at_three_sizes(name: str) -> None:
    stride = family(name).total_stride
    for side in (stride, 2 * stride, 3 * stride + 1):
        network = replace(family(name), side=side, channels=1, classes=7)
        module = build(network)
        logits = module(torch.randn(2, 1, side, side))
        assert logits.shape == (2, 7)
        logits.sum().backward()
        assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in module.parameters())


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_meets_twice_the_flops(name: str, rule: str) -> None:
    asked = call("rule", read("rule", rule))
    found = fit(family(name), asked, 2)
    assert abs(found.times_flops / 2 - 1) <= (0.02 if isinstance(asked, Shares) and asked.width else 0.05)
    assert cost(found.network).flops == pytest.approx(found.times_flops * cost(family(name)).flops)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_the_baseline_at_1_and_dearer_at_4_than_at_2(name: str, rule: str) -> None:
    asked = call("rule", read("rule", rule))
    assert fit(family(name), asked, 1).network == family(name)
    assert cost(fit(family(name), asked, 4).network).flops > cost(fit(family(name), asked, 2).network).flops
