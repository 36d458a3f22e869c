"""Shares, multipliers and scaling."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_lab.networks.families.efficientnet import efficientnet_b0
from scaling_lab.networks.families.efficientnet_lite import efficientnet_lite
from scaling_lab.networks.families.regnet import regnet_y_800mf
from scaling_lab.networks.families.resnet import resnet50
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import FITTED, PAPER
from scaling_lab.networks.scaling.scale import scale
from scaling_lab.networks.scaling.shares import Shares, compound, fast


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 50))
def test_multipliers_of_shares_use_up_the_budget(depth: float, rest: float, times: float) -> None:
    width = (1 - depth) * rest
    by = Shares(depth, width, 1 - depth - width if depth + width <= 1 else 0).multipliers(times)
    assert by.d * by.w**2 * by.r**2 == pytest.approx(times)


def test_compound_follows_the_papers_alpha_beta_gamma() -> None:
    by = compound(1.2, 1.1, 1.15).multipliers(1.2 * 1.1**2 * 1.15**2)
    assert (by.d, by.w, by.r) == pytest.approx((1.2, 1.1, 1.15))


def test_shares_that_are_negative_or_do_not_add_up_are_errors() -> None:
    with pytest.raises(ValueError, match=r"add up to 0\.9"):
        Shares(0.3, 0.3, 0.3)
    with pytest.raises(ValueError, match="width share is -1"):
        Shares(1, -1, 1)
    with pytest.raises(ValueError, match="all 1"):
        compound(1, 1, 1)


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), 1001, "2", True])
def test_multipliers_out_of_range_are_errors(wrong: float) -> None:
    with pytest.raises(ValueError, match="width multiplier is"):
        Multipliers(w=wrong)


def test_b3_follows_from_its_multipliers() -> None:
    """The stages are computed with the released code (round_filters, round_repeats)."""
    b3 = scale(efficientnet_b0(), Multipliers(1.4, 1.2, 300 / 224), PAPER)
    assert b3.stem.width == 40
    assert b3.widths == (24, 32, 48, 96, 136, 232, 384)
    assert b3.depths == (2, 3, 3, 5, 5, 6, 2)
    assert b3.head.width == 1536
    assert b3.side == 300


def test_deepening_repeats_the_last_block_and_shrinking_drops_from_the_end() -> None:
    first, last = resnet50().stages[0].blocks[0], replace(resnet50().stages[0].blocks[0], act="silu")  # type: ignore[type-var]
    stages = resnet50().stages
    mixed = replace(resnet50(), stages=(replace(stages[0], blocks=(first, last)), *stages[1:]))
    assert scale(mixed, Multipliers(d=2), PAPER).stages[0].blocks == (first, last, last, last)
    assert scale(mixed, Multipliers(d=0.5), PAPER).stages[0].blocks == (first,)


def test_a_head_that_does_not_shrink_still_grows() -> None:
    b0 = efficientnet_b0()
    fixed_head = replace(b0, head=replace(b0.head, shrinks=False))
    assert [scale(fixed_head, Multipliers(w=w), PAPER).head.width for w in (0.5, 1, 2)] == [1280, 1280, 2560]
    assert scale(b0, Multipliers(w=0.5), PAPER).head.width == 640


def test_width_scales_stem_stages_and_inner_widths() -> None:
    wide = scale(resnet50(), Multipliers(w=2), PAPER)
    assert wide.stem.width == 128
    assert wide.widths == (512, 1024, 2048, 4096)
    assert [stage.inner for stage in wide.stages] == [128, 256, 512, 1024]


def test_fixed_parts_of_a_family_do_not_scale() -> None:
    lite = efficientnet_lite(1.0, 1.0, 224, 0.2)
    for by in (Multipliers(2, 2), Multipliers(0.5, 0.5)):
        scaled = scale(lite, by, PAPER)
        assert (scaled.stem.width, scaled.head.width) == (32, 1280)
        assert (scaled.depths[0], scaled.depths[-1]) == (1, 1)
        assert scaled.depths[1:-1] == scale(efficientnet_b0(), by, PAPER).depths[1:-1]
        assert scaled.widths == scale(efficientnet_b0(), by, PAPER).widths


def test_widths_of_grouped_stages_stay_multiples_of_a_group() -> None:
    assert scale(regnet_y_800mf(), Multipliers(w=1.1), FITTED).widths == (64, 160, 352, 864)
    with pytest.raises(ValueError, match=r"width is 13 channels; .* 16"):
        scale(regnet_y_800mf(), Multipliers(w=0.2), FITTED)


def test_a_depth_below_half_a_block_is_an_error() -> None:
    assert scale(efficientnet_b0(), Multipliers(d=0.04), PAPER).depths == (1,) * 7
    with pytest.raises(ValueError, match=r"depth multiplier is 0\.03; .* 16"):
        scale(efficientnet_b0(), Multipliers(d=0.03), PAPER)


@pytest.mark.parametrize(("alpha", "shares"), [(1, (0, 1, 0)), (0, (0.5, 0, 0.5)), (0.8, (0.1, 0.8, 0.1))])
def test_fast_scaling_by_alpha(alpha: float, shares: tuple[float, float, float]) -> None:
    rule = fast(alpha)
    assert (rule.depth, rule.width, rule.resolution) == pytest.approx(shares)


@pytest.mark.parametrize("times", [2, 4, 8, 16])
def test_fast_scaling_gives_the_multipliers_of_its_code(times: float) -> None:
    """pycls's scaler: d, w, r = s^e_d, s^(e_w / 2), s^(e_r / 2) with e_w = 0.8 and e_d = e_r = 0.1."""
    by = fast(0.8).multipliers(times)
    assert (by.d, by.w, by.r) == pytest.approx((times**0.1, times**0.4, times**0.05))


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan"), "0.8", True])
def test_an_alpha_outside_0_to_1_is_an_error(wrong: float) -> None:
    with pytest.raises(ValueError, match="alpha is"):
        fast(wrong)


def test_shares_of_multipliers() -> None:
    assert Multipliers().shares is None
    assert Multipliers(2, 1, 1).shares == (1, 0, 0)
    assert Multipliers(2, 2**0.5, 2**0.5).shares == pytest.approx((1 / 3, 1 / 3, 1 / 3))
