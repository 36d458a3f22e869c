"""What other libraries state, and which way of counting explains it."""

import pytest

from scaling_lab.networks.costs.cost import cost
from scaling_lab.paper.audit import counters
from scaling_lab.paper.audit.elements import elements
from scaling_lab.paper.audit.readings import baseline

OFF_THE_PLAIN_COUNT = {
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
"""Percent by which convolutions and linear layers are below what mmpretrain states, which no convention explains."""


@pytest.mark.parametrize("family", ["resnet50", "efficientnet_b0", "mobilenet_v3_large", "regnet_y_800mf"])
def test_elements_add_up_to_fvcores_total(family: str) -> None:
    network = baseline(family)
    spent, more = cost(network), elements(network)
    assert spent.flops + 2 * more.norm + more.head_pool + more.gate_pools == spent.flops_fvcore
    assert (more.gate_pools > 0) == (family != "resnet50")


def test_how_many_statements_each_convention_explains() -> None:
    """torchvision states convolutions and linear layers, timm all but the pools of gates; mmpretrain neither."""
    found = counters.explaining(counters.statements())
    assert {library: tuple(by.values()) for library, by in found.items()} == {
        "torchvision": (18, 0, 0, 0),
        "mmpretrain": (0, 1, 1, 1),
        "timm": (2, 39, 40, 27),
    }
    assert all(tuple(by) == counters.CONVENTIONS for by in found.values())


def test_which_statements_are_about_a_network_of_the_lab() -> None:
    stated = counters.statements()
    ours = [one.library for one in stated if one.same_network]
    assert {library: ours.count(library) for library in dict.fromkeys(ours)} == {
        "torchvision": 18,
        "mmpretrain": 14,
        "timm": 40,
    }
    assert {one.model for one in stated if not one.same_network} == {"efficientnetv2_rw_s", "regnety_008"}


def test_by_how_much_the_unexplained_library_is_off() -> None:
    """The one library whose numbers no count holds to the digit."""
    stated = [one for one in counters.statements() if one.library == "mmpretrain"]
    assert {one.model: round(one.stated.off(one.counts[0]), 2) for one in stated} == OFF_THE_PLAIN_COUNT
