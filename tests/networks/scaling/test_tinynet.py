"""TinyNet's rule against the five published networks, and its limits."""

from dataclasses import replace

import pytest

from scaling_lab.config.registry import build_value, read_yaml
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.families.efficientnet import efficientnet_b0
from scaling_lab.networks.network import Network
from scaling_lab.networks.parts import Stage
from scaling_lab.networks.scaling.fit import fit_network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import NEAREST, Rounding, round_to_multiple_of_8
from scaling_lab.networks.scaling.scale import scale
from scaling_lab.networks.scaling.tinynet import Shrinking, shrinking
from scaling_lab.paper import tables

RULE: Shrinking = build_value("rule", read_yaml("rule", "tinynet"))
RELEASED = tables.read_published_table("tinynet")


def test_the_knots_are_the_published_networks() -> None:
    assert len(RULE.knots) == len(RELEASED) + 1
    for knot, row in zip(RULE.knots[-2::-1], RELEASED.itertuples(), strict=True):
        assert knot == (pytest.approx(row.flops_M / 385.8, abs=0.001), row.d, row.r)
        assert RULE.multipliers(knot[0]).d == pytest.approx(row.d)
        assert RULE.multipliers(knot[0]).r == pytest.approx(row.r)


@pytest.mark.parametrize("row", list(RELEASED.itertuples()), ids=lambda row: row.model)
def test_published_flops_are_met_within_a_fortieth(row: object) -> None:
    """As their code: depth to the nearest, side down, stem and head unchanged."""
    rounding = Rounding("tinynet", NEAREST.depths, round_to_multiple_of_8, lambda side, r, _stride: int(side * r))
    b0 = efficientnet_b0()
    fixed = replace(b0, stem=replace(b0.stem, scales=False), head=replace(b0.head, shrinks=False))
    network = scale(fixed, Multipliers(row.d, row.w, row.r), rounding)
    assert network_cost(network).flops / 1e6 == pytest.approx(row.flops_M, rel=0.025)


def test_depth_and_side_are_between_the_knots_and_width_uses_the_remaining_budget() -> None:
    multipliers = RULE.multipliers(0.35)
    assert 0.85 < multipliers.d < 1.1
    assert 0.825 < multipliers.r < 0.84
    assert multipliers.d * multipliers.w**2 * multipliers.r**2 == pytest.approx(0.35)


def test_a_network_is_shrunk_to_the_budget() -> None:
    fitted = fit_network(efficientnet_b0(), RULE, 0.2)
    assert fitted.times_flops == pytest.approx(0.2, rel=0.02)
    assert fitted.obtained.d == pytest.approx(RULE.multipliers(0.2).d, abs=0.1)


@pytest.mark.parametrize("times", [0.05, 1.01, 2])
def test_budgets_outside_the_knots_are_errors(times: float) -> None:
    with pytest.raises(ValueError, match=r"times_flops is .*0\.062 and 1"):
        fit_network(efficientnet_b0(), RULE, times)


@pytest.mark.parametrize("knots", [3, [0.5], [], [[0.5, 1]], [[1.5, 1, 1]], [[0.5, 0, 1]], [[0.5, 1, 1], [0.5, 2, 1]]])
def test_knots_without_a_curve_are_errors(knots: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="must be"):
        shrinking(knots)


def test_shares_of_resnet_rs_fit_its_released_networks() -> None:
    import numpy as np

    from scaling_lab.networks.families.resnet import resnet50

    base = resnet50()

    def network(blocks: str, side: int) -> Network:
        depths = map(int, blocks.split("-"))
        stages = (replace(s, blocks=s.blocks[:1] * d) for s, d in zip(base.stages, depths, strict=True))
        return replace(base, stages=tuple[Stage, ...](stages), side=side)

    rows = tables.read_published_table("resnet_rs")
    flops = np.log([network_cost(network(row.blocks, row.side)).flops for row in rows.itertuples()])
    sides = 2 * np.log(rows["side"].to_numpy())
    more, larger = flops - flops[0], sides - sides[0]
    share = float(more @ larger / (more @ more))
    assert build_value("rule", read_yaml("rule", "resnet_rs")).resolution == pytest.approx(share, abs=0.005)
