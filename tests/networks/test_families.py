"""Tests that every family in conf/family gets; a new YAML file is a new test case."""

import re
from contextlib import nullcontext
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from scaling_lab.analysis.shares.triangle import effective_rank, surface_terms
from scaling_lab.config.registry import CONF, build_value, list_names, read_yaml
from scaling_lab.modules.fvcore_count import count_with_fvcore
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.fit import fit_network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import FITTED, NEAREST, PAPER, Rounding
from scaling_lab.networks.scaling.scale import MultiplierRule, scale
from scaling_lab.networks.scaling.shares import Shares
from scaling_lab.networks.scaling.tinynet import Shrinking
from scaling_lab.training.module import build_module
from tests.networks.forms import EVERY, FAMILIES, SMALL, TINY, family


@cache
def rule(name: str) -> Any:
    return build_value("rule", read_yaml("rule", name))


SHARE_RULES = [name for name in list_names("rule") if isinstance(rule(name), Shares)]
RULES = [name for name in list_names("rule") if not isinstance(rule(name), Multipliers)]


@cache
def light(name: str) -> Network:
    """Return the family, or a narrower and shallower form of it where it would take long to run or trace."""
    network = family(name)
    is_light = network_cost(network).flops < 2e8 and sum(network.depths) <= 12
    return network if is_light else scale(network, Multipliers(0.2, 0.5), PAPER)


@pytest.mark.parametrize("name", EVERY)
def test_fvcore_counts_the_same_on_the_built_module(name: str) -> None:
    network = light(name)
    assert count_with_fvcore(build_module(network), network) == network_cost(network)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(("d", "w", "r"), [(1.3, 0.6, 0.55), (1.6, 1.37, 1.2)])
def test_fvcore_counts_the_same_on_scaled_forms(name: str, d: float, w: float, r: float) -> None:
    small = replace(light(name), side=4 * family(name).total_stride)
    network = scale(small, Multipliers(d, w, r), NEAREST if d > 1.5 else PAPER)
    assert count_with_fvcore(build_module(network), network) == network_cost(network)


def test_fvcore_counts_the_same_with_the_stride_in_the_first_1x1() -> None:
    network = replace(light("resnet50"), side=65)
    first = tuple(replace(s, blocks=tuple(replace(b, strides_first=True) for b in s.blocks)) for s in network.stages)
    original = replace(network, stages=first)
    assert count_with_fvcore(build_module(original), original) == network_cost(original)
    assert network_cost(original).flops < network_cost(network).flops


@pytest.mark.parametrize("name", SMALL)
def test_small_forms_have_total_stride_4(name: str) -> None:
    assert family(name).total_stride == 4


@pytest.mark.parametrize("name", TINY)
@pytest.mark.parametrize("times", [2, 4])
def test_every_rule_obtains_its_shares_in_tiny_forms(name: str, times: float) -> None:
    for requested in (rule(rule_name) for rule_name in ("depth", "width", "resolution", "compound")):
        shares = (requested.depth, requested.width, requested.resolution)
        assert fit_network(family(name), requested, times).obtained.shares == pytest.approx(shares, abs=0.1)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_description_has_the_size(name: str) -> None:
    """Parameters and FLOPs at two or more digits, and the side."""
    comment = (CONF / "family" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
    size = re.search(r"at (\d+) px: ([\d.]+) ([kM]) parameters, ([\d.]+) ([MG]) FLOPs", comment)
    assert size is not None, comment
    network, units = family(name), {"k": 1e3, "M": 1e6, "G": 1e9}
    cost = network_cost(network)
    assert int(size[1]) == network.side
    assert float(size[2]) * units[size[3]] == pytest.approx(cost.params, rel=0.03)
    assert float(size[4]) * units[size[5]] == pytest.approx(cost.flops, rel=0.03)


@pytest.mark.parametrize("name", EVERY)
def test_forward_and_backward_at_three_sizes(name: str) -> None:
    stride = family(name).total_stride
    module = build_module(replace(light(name), channels=1, classes=7))
    for side in (stride, 2 * stride, 3 * stride + 1):
        module.zero_grad()
        logits = module(torch.randn(2, 1, side, side))
        assert logits.shape == (2, 7)
        logits.sum().backward()
        assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in module.parameters())


UNMET_BY_HALF = {
    ("efficientnet_b0_cifar", "resolution"),
    ("efficientnet_b0_small", "depth"),
    ("efficientnet_b0_small", "depth_resolution"),
    ("efficientnet_b0_small", "resnet_rs"),
    ("efficientnet_b0_small", "resolution"),
    ("efficientnet_b1", "resolution"),
    ("efficientnet_b5", "resolution"),
    ("efficientnet_lite1", "resolution"),
    ("efficientnet_lite3", "resolution"),
    ("efficientnet_tiny", "depth"),
    ("mobilenet_v1", "depth"),
    ("mobilenet_v1", "resnet_rs"),
    ("mobilenet_v1_small", "depth"),
    ("mobilenet_v1_small", "resolution"),
    ("mobilenet_v2_small", "depth"),
    ("mobilenet_v2_small", "depth_resolution"),
    ("mobilenet_v2_small", "resnet_rs"),
    ("mobilenet_v2_small", "resolution"),
    ("mobilenet_v2_tiny", "depth"),
    ("mobilenet_v3_small", "depth"),
    ("resnet18_cifar", "depth"),
    ("resnet18_small", "resolution"),
    ("resnet20_cifar", "depth"),
    ("resnet50_small", "resolution"),
    ("resnet_tiny", "depth"),
    ("resnet_tiny", "resnet_rs"),
}
UNMET_BY_TWICE = {("mobilenet_v2_tiny", "width_resolution"), ("resnet18_half", "resolution")}
"""Blocks, channels and pixels are integers, and sides off the grid add a row, so some budgets have no network."""


@pytest.mark.parametrize("times", [0.5, 2])
@pytest.mark.parametrize("name", FAMILIES)
def test_every_rule_meets_half_and_twice_the_flops(name: str, times: float) -> None:
    flops = network_cost(family(name)).flops
    unmet = UNMET_BY_HALF if times < 1 else UNMET_BY_TWICE
    for rule_name in RULES:
        requested = rule(rule_name)
        if times > 1 and isinstance(requested, Shrinking):
            continue
        solves_width = isinstance(requested, MultiplierRule) and requested.solved == "width"
        with pytest.raises(ValueError, match="no network within") if (name, rule_name) in unmet else nullcontext():
            fitted = fit_network(family(name), requested, times)
            assert abs(fitted.times_flops / times - 1) <= (0.02 if solves_width else 0.05), rule_name
            assert network_cost(fitted.network).flops == pytest.approx(fitted.times_flops * flops), rule_name


@pytest.mark.parametrize("rounding", [PAPER, NEAREST, FITTED])
@pytest.mark.parametrize("name", FAMILIES)
def test_every_rule_gives_the_baseline_at_1(name: str, rounding: Rounding) -> None:
    assert {fit_network(family(name), rule(rule_name), 1, rounding).network for rule_name in RULES} == {family(name)}


@pytest.mark.parametrize("name", FAMILIES)
def test_shrinking_to_more_of_the_flops_costs_more(name: str) -> None:
    for shrinking in (rule(rule_name) for rule_name in RULES if isinstance(rule(rule_name), Shrinking)):
        few, many = (network_cost(fit_network(family(name), shrinking, times).network).flops for times in (0.3, 0.9))
        assert few < many


@pytest.mark.parametrize("name", ["resnet_tiny", "efficientnet_tiny"])
def test_with_half_and_half_rules_the_networks_at_4x_span_the_triangle(name: str) -> None:
    """A quadratic surface has six coefficients; 28 px are the native side of the small images."""
    networks = {fit_network(family(name), rule(rule_name), 4) for rule_name in SHARE_RULES}
    shares = [fitted.obtained.shares for fitted in networks if fitted.network.side <= 28 and fitted.obtained.shares]
    assert len(shares) >= 7
    assert effective_rank(surface_terms(np.array([(depth, resolution) for depth, _, resolution in shares]))) == 6
