"""Held against torch's own accounting: every allocation and free that its profiler sees."""

from dataclasses import dataclass, replace
from itertools import accumulate

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile

from scaling_lab.config.registry import build_value, list_names, read_yaml
from scaling_lab.networks.blocks import BlockContext, conv_norm, squeeze_excitation
from scaling_lab.networks.costs.cost import cost
from scaling_lab.networks.costs.memory import PeakMemory, peak_memory, training_step_bytes
from scaling_lab.networks.families.resnet import resnet18, resnet50
from scaling_lab.networks.layers import Act, Chain, Dropout, DropPath, Layer, MaxPool, Residual
from scaling_lab.networks.network import Head, Network, Stage, Stem
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import FITTED, PAPER, Rounding
from scaling_lab.networks.scaling.scale import scale
from scaling_lab.training.module import build_module

FAMILIES = list_names("family")
AT_MOST = 4e7  # multiply-adds a picture, so that all tests together take less than a minute


def family(name: str) -> Network:
    network: Network = build_value("family", read_yaml("family", name))
    return network


def affordable(network: Network) -> Network:
    """At twice its total stride; halved in depth, then in width, until it is cheap."""
    network = replace(network, side=2 * network.total_stride)
    for multipliers in (Multipliers(0.5, 1, 1), Multipliers(1, 0.5, 1)) * 5:
        if cost(network).flops > AT_MOST:
            network = scale(network, multipliers, PAPER)
    return network


def live(module: nn.Module, network: Network, pictures: int, training: bool) -> list[int]:
    """Bytes that torch has allocated, the pictures included, after each allocation and each free."""
    shape = (pictures, network.channels, network.side, network.side)
    images = torch.empty(shape, memory_format=torch.channels_last).normal_()
    labels = torch.randint(network.classes, (pictures,))
    module.train(training).zero_grad()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen, torch.set_grad_enabled(training):
        if training:
            functional.cross_entropy(module(images), labels).backward()
        else:
            module(images)
    events = [event for event in seen.profiler.kineto_results.events() if event.name() == "[memory]"]
    changes = [event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]
    return list(accumulate(changes, initial=images.nbytes))


def measured(network: Network, pictures: int = 2) -> PeakMemory:
    """By how much the live bytes at each moment grow with one picture more: the most of that is the peak's slope.

    What does not grow with the batch falls out, so a small batch will do.
    """
    module = build_module(network)
    grown = []
    for training in (False, True):
        few, more = (live(module, network, count, training) for count in (pictures, pictures + 1))
        grown.append(max(b - a for a, b in zip(few, more, strict=True)))
    return PeakMemory(*grown)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_needs_what_torch_allocates(name: str) -> None:
    network = affordable(family(name))
    assert peak_memory(network) == measured(network)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(FAMILIES),
    st.floats(0.4, 1.4),
    st.floats(0.3, 1.3),
    st.floats(0.5, 2.2),
    st.sampled_from([PAPER, FITTED]),
)
def test_scaled_forms_at_any_side_too(name: str, d: float, w: float, r: float, rounding: Rounding) -> None:
    assume(w >= 0.5 or not name.startswith("regnet"))  # its first stage has two groups
    network = scale(affordable(family(name)), Multipliers(d, w, r), rounding)
    assert peak_memory(network) == measured(network)


@dataclass(frozen=True)
class Odd:
    """A block of everything at once, in an order that no family has."""

    def layers(self, at: BlockContext) -> tuple[Layer, ...]:
        inner = Residual(
            "inner",
            (*conv_norm("a", at.inputs, at.inputs, at), Act("a_act", "hardswish"), DropPath("path", 0.1)),
            (Act("short", "sigmoid"),),
        )
        return (
            inner,
            Chain("chain", (*conv_norm("b", at.inputs, at.outputs, at, kernel=3), Act("b_act", "relu6"))),
            *squeeze_excitation(at.outputs, 3, "silu", "hardsigmoid"),
            MaxPool("pool", 3, at.stride),
            Dropout("drop", 0.3),
        )


@pytest.mark.parametrize("side", [8, 13, 22])
@pytest.mark.parametrize("head", [Head(12, act="silu", dropout=0.3), Head(7, act="relu", hidden=9)])
def test_orders_of_layers_that_no_family_has(side: int, head: Head) -> None:
    stages = (Stage(6, 2, (Odd(), Odd())), Stage(10, 1, (Odd(),)))
    network = Network(Stem(5, act="silu", stride=1), stages, head, side, classes=4, channels=2, drop_path=0.2)
    assert peak_memory(network) == measured(network)


@pytest.mark.parametrize("name", FAMILIES)
def test_properties(name: str) -> None:
    network = family(name)
    one = peak_memory(network)
    assert one.training > one.inference > 4 * network.channels * network.side**2
    assert one.training > 4 * cost(network).activations  # each is saved
    deeper = scale(network, Multipliers(d=3), PAPER)
    assert peak_memory(deeper).training > one.training
    assert peak_memory(scale(deeper, Multipliers(d=2), PAPER)).inference == peak_memory(deeper).inference


def test_a_training_step_needs_what_is_said_but_for_scratch() -> None:
    network = replace(resnet18(), side=64)
    module = build_module(network)
    momentum = 4 * cost(network).params
    weights = 4 * cost(network).params
    for pictures in (4, 16):
        most = weights + momentum + max(live(module, network, pictures, training=True))
        assert most == pytest.approx(training_step_bytes(network, pictures), rel=0.025)


def test_known_sizes() -> None:
    """ResNet-50 at 224 px: the peak in inference is at the first block's end, where three maps of 256 x 56 x 56 are
    live beside the picture, the stem's map and the shortcut's input."""
    picture, stem, wide = 3 * 224**2, 64 * 56**2, 256 * 56**2
    assert peak_memory(resnet50()).inference == 4 * (picture + stem + 3 * wide)
