"""Roundings: the released code's rules, and properties."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_lab.networks.scaling.rounding import FITTED, PAPER, distribute_blocks


def round_filters(channels: int, w: float) -> int:
    """The rule of EfficientNet's released code, written from its description."""
    exact = channels * w
    candidates = range(8, int(exact) + 17, 8)
    nearest = min(candidates, key=lambda c: (abs(c - exact), -c))
    return nearest if nearest >= 0.9 * exact else nearest + 8


@given(st.integers(1, 300), st.floats(0.1, 5))
def test_paper_widths_are_round_filters(eights: int, w: float) -> None:
    assert PAPER.width(8 * eights, w) == (8 * eights if w == 1 else round_filters(8 * eights, w))


def test_the_90_percent_rule() -> None:
    assert PAPER.width(16, 1.2) == 24
    assert PAPER.width(32, 1.2) == 40


def test_paper_depths_round_each_stage_up_but_not_for_a_floating_point_error() -> None:
    assert PAPER.depths((1, 2, 2, 3, 3, 4, 1), 1.1) == (2, 3, 3, 4, 4, 5, 2)
    assert PAPER.depths((3,), 3.0000000000000004) == (9,)
    assert PAPER.depths((5, 1), 0.2) == (1, 1)


def test_paper_sides_are_the_nearest_pixel() -> None:
    assert PAPER.side(224, 1.3, 32) == 291
    assert PAPER.side(224, 300 / 224, 32) == 300


def test_fitted_sides_are_on_the_grid_and_1x_is_kept() -> None:
    assert FITTED.side(224, 1.2, 32) == 256
    assert FITTED.side(260, 1, 32) == 260
    assert FITTED.side(20, 0.01, 4) == 4


@given(st.lists(st.integers(1, 12), min_size=1, max_size=7), st.floats(1, 6))
def test_largest_remainder_keeps_the_total_and_stays_within_one_of_the_quota(depths: list[int], d: float) -> None:
    total = round(d * sum(depths))
    shares = distribute_blocks(tuple(depths), total)
    assert sum(shares) == total
    for share, depth in zip(shares, depths, strict=True):
        assert abs(share - depth * total / sum(depths)) < 1 + 1e-9


@given(st.lists(st.integers(1, 12), min_size=1, max_size=7), st.data())
def test_every_stage_keeps_a_block(depths: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(len(depths), sum(depths)))
    shares = distribute_blocks(tuple(depths), total)
    assert min(shares) >= 1
    assert sum(shares) == total


def test_fewer_blocks_than_stages_are_an_error() -> None:
    with pytest.raises(ValueError, match="2 blocks for 3 stages"):
        distribute_blocks((1, 1, 1), 2)


@given(st.integers(1, 2000), st.floats(0.01, 10))
def test_fitted_widths_are_single_channels(channels: int, w: float) -> None:
    assert FITTED.width(channels, w) >= 1
    assert abs(FITTED.width(channels, w) - channels * w) <= 0.5 or math.floor(channels * w + 0.5) == 0
