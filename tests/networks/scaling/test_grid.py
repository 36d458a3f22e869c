"""Costs of the grid against counting each network separately."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scaling_lab.config.registry import build_value, list_names, read_yaml
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.scaling.grid import cost_grid
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import FITTED, NEAREST, PAPER, Rounding
from scaling_lab.networks.scaling.scale import scale

multipliers = st.lists(st.floats(0.5, 3), min_size=1, max_size=3)  # 0.5: the least side of every family


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(list_names("family")),
    multipliers,
    multipliers,
    multipliers,
    st.sampled_from([PAPER, NEAREST, FITTED]),
)
def test_costs_of_the_grid_equal_those_of_each_network(
    name: str, ds: list[float], ws: list[float], rs: list[float], rounding: Rounding
) -> None:
    baseline = build_value("family", read_yaml("family", name))
    costs = cost_grid(baseline, ds, ws, rs, rounding)
    for (i, d), (j, w), (k, r) in product(enumerate(ds), enumerate(ws), enumerate(rs)):
        network = scale(baseline, Multipliers(d, w, r), rounding)
        alone = network_cost(network)
        for counted in ("flops", "norm_elements", "pooled", "activations"):
            assert getattr(costs, counted)[i, j, k] == getattr(alone, counted)
        assert costs.params[i, j, 0] == alone.params
        assert costs.sides[k] == network.side


def test_grids_without_a_network_or_a_count_are_errors() -> None:
    b0 = build_value("family", read_yaml("family", "efficientnet_b0"))
    regnet = build_value("family", read_yaml("family", "regnet_y_800mf"))
    with pytest.raises(ValueError, match="at least one depth"):
        cost_grid(b0, [], [1], [1])
    with pytest.raises(ValueError, match="depth multiplier is nan"):
        cost_grid(b0, [1, float("nan")], [1], [1])
    with pytest.raises(ValueError, match="side is 11 px"):
        cost_grid(b0, [1], [1], [1, 0.05])
    with pytest.raises(ValueError, match="at least 16, one group"):
        cost_grid(regnet, [1], [1, 0.1], [1])
    with pytest.raises(ValueError, match="half a block of 16"):
        cost_grid(b0, [0.03, 1], [1], [1])
    with pytest.raises(ValueError, match="64 bits"):
        cost_grid(b0, [1, 1000], [1, 1000], [1, 1000])


def test_axes_may_be_numpy_arrays() -> None:
    b0 = build_value("family", read_yaml("family", "efficientnet_b0"))
    axis = np.linspace(1, 2, 3)
    assert (cost_grid(b0, axis, axis, axis).flops == cost_grid(b0, [1, 1.5, 2], [1, 1.5, 2], [1, 1.5, 2]).flops).all()
