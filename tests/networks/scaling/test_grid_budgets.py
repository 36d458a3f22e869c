"""Budgets with an exact side."""

import pytest

from scaling_lab.config.registry import build_value, read_yaml
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.families.resnet import resnet18_small
from scaling_lab.networks.scaling.fit import fit_network
from scaling_lab.networks.scaling.grid_budgets import find_grid_budgets
from scaling_lab.networks.scaling.shares import Shares, compound

RULES = {"depth": Shares(1, 0, 0), "width": Shares(0, 1, 0), "compound": compound(1.2, 1.1, 1.15)}


def test_a_stride_of_4_at_16_px_is_exact_at_four_budgets_up_to_4x() -> None:
    base = build_value("family", read_yaml("family", "resnet18_small") | {"side": 16})
    budgets = find_grid_budgets(base, RULES | {"resolution": Shares(0, 0, 1)}, 32)
    assert [(budget.times_flops, budget.side) for budget in budgets] == [
        (1.5625, 20),
        (2.25, 24),
        (3.0625, 28),
        (4, 32),
    ]
    for budget in budgets:
        resolution = fit_network(base, Shares(0, 0, 1), budget.times_flops).network
        assert resolution.side == budget.side
        assert network_cost(resolution).flops / network_cost(base).flops == pytest.approx(budget.times_flops, rel=1e-3)
        assert not {"depth", "width", "resolution"} & set(budget.off)
    assert "compound" in budgets[0].off


def test_rules_off_their_shares_are_those_of_the_fits() -> None:
    base = resnet18_small()
    for budget in find_grid_budgets(base, RULES, 40):
        fitted = fit_network(base, RULES["compound"], budget.times_flops).obtained.shares
        assert fitted
        is_off = max(abs(a - b) for a, b in zip(fitted, RULES["compound"].values, strict=True)) > 0.1
        assert ("compound" in budget.off) == is_off


def test_a_side_off_the_grid_and_a_full_image_have_none() -> None:
    b3 = build_value("family", read_yaml("family", "efficientnet_b3"))
    assert find_grid_budgets(b3, RULES, 600) == []
    assert find_grid_budgets(resnet18_small(), RULES, 20) == []
