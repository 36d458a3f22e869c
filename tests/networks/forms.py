"""Families in conf/family: their networks, and their names by kind, for tests that apply to some kinds only."""

from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from typing import Any

import pytest

from scaling_lab.config.registry import build_value, list_names, read_yaml
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.network import Network

FAMILIES = list_names("family")
SMALL = [name for name in FAMILIES if name.endswith("_small") and name.removesuffix("_small") in FAMILIES]
TINY = [name for name in FAMILIES if name.endswith("_tiny")]
HALF = ["resnet18_half"]
PUBLISHED = [name for name in FAMILIES if name not in (*SMALL, *TINY, *HALF)]
"""Networks that a paper or another library has, with the forms for CIFAR."""


@cache
def family(name: str) -> Network:
    network: Network = build_value("family", read_yaml("family", name))
    return network


SIZES = ("width", "inner", "group", "hidden", "dropout")


def kind(network: Network) -> tuple[Any, ...]:
    """Return what a network is made of: its layers' kinds, strides and flags without depths, widths and sides."""

    def settings(part: Any) -> Iterable[Any]:
        for field in fields(part):
            value = getattr(part, field.name)
            if field.name != "blocks":
                yield field.name, bool(value) if field.name in SIZES else value

    stages = ((*settings(stage), frozenset(stage.blocks)) for stage in network.stages)
    return (*settings(network.stem), *stages, *settings(network.head), network.drop_path > 0)


LARGEST_FIRST = sorted(FAMILIES, key=lambda name: network_cost(family(name)).flops, reverse=True)
KINDS = sorted({kind(family(name)): name for name in LARGEST_FIRST}.values())
"""The cheapest family of each kind: EfficientNet-B0 stands for B1 to B7, which differ in sizes only."""
EVERY = [name if name in KINDS else pytest.param(name, marks=pytest.mark.slow) for name in FAMILIES]
"""All families as test cases; only the cheapest of each kind are quick."""
