"""Multiply-adds that other libraries state, and the counting convention that matches them."""

import pytest

from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.paper.audit import counters
from scaling_lab.paper.audit.readings import baseline_network

MMPRETRAIN_DEVIATIONS = {
    "efficientnet_b0": -8.14,
    "efficientnet_b1": -7.19,
    "efficientnet_b2": -7.14,
    "efficientnet_b3": -6.30,
    "efficientnet_b4": -5.71,
    "efficientnet_b5": -4.94,
    "efficientnet_b6": -4.52,
    "efficientnet_b7": -4.00,
    "resnet18": -0.33,
    "resnet34": -0.44,
    "resnet50": -0.75,
    "resnet101": -0.62,
    "resnet152": -0.57,
    "mobilenet_v2": -5.71,
}
"""Deviation in percent of convolutions and linear layers from what mmpretrain states."""


@pytest.mark.parametrize("family", ["resnet50", "efficientnet_b0", "mobilenet_v3_large", "regnet_y_800mf"])
def test_elements_add_up_to_fvcores_total(family: str) -> None:
    network = baseline_network(family)
    total, elements = network_cost(network), counters.count_elements(network)
    with_norm = total.flops + 2 * elements.norm
    assert with_norm + elements.head_pool + elements.gate_pools == total.flops_fvcore
    assert (elements.gate_pools > 0) == (family != "resnet50")


def test_matches_of_each_convention_by_library() -> None:
    """torchvision counts convolutions and linear layers, timm all but the pools of gates; mmpretrain neither."""
    matches = counters.count_matches(counters.library_counts())
    assert {library: tuple(by.values()) for library, by in matches.items()} == {
        "torchvision": (18, 0, 0, 0),
        "mmpretrain": (0, 1, 1, 1),
        "timm": (2, 39, 40, 27),
    }
    assert all(tuple(by) == counters.CONVENTIONS for by in matches.values())


def test_parameters_decide_which_networks_are_the_labs() -> None:
    counts = counters.library_counts()
    ours = [count.library for count in counts if count.is_same_network]
    assert {library: ours.count(library) for library in dict.fromkeys(ours)} == {
        "torchvision": 18,
        "mmpretrain": 14,
        "timm": 40,
    }
    assert {count.model for count in counts if not count.is_same_network} == {"efficientnetv2_rw_s", "regnety_008"}


def test_deviations_of_mmpretrain() -> None:
    """No convention matches the numbers of this library."""
    counts = [count for count in counters.library_counts() if count.library == "mmpretrain"]
    assert {count.model: round(count.stated.deviation(count.counts[0]), 2) for count in counts} == MMPRETRAIN_DEVIATIONS
