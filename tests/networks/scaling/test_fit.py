"""Fitting networks to budgets: tolerance, requested shares, errors. All families and rules: test_families.py."""

from dataclasses import dataclass, replace
from typing import Literal

import pytest

from scaling_lab.config.registry import build_value, read_yaml
from scaling_lab.networks.blocks import DepthwiseSeparable
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.families.efficientnet import efficientnet_b0
from scaling_lab.networks.families.mobilenet_v1 import mobilenet_v1_small
from scaling_lab.networks.families.resnet import resnet18, resnet18_small
from scaling_lab.networks.network import Network
from scaling_lab.networks.parts import Head, Stage, Stem
from scaling_lab.networks.scaling.fit import fit_network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.obtained import share_difference
from scaling_lab.networks.scaling.rounding import FITTED, NEAREST, PAPER, Rounding
from scaling_lab.networks.scaling.scale import scale
from scaling_lab.networks.scaling.shares import Shares, compound, fast
from scaling_lab.networks.scaling.solve import solve_widths

COMPOUND = compound(1.2, 1.1, 1.15)


def test_paper_rounding_does_not_solve_and_reports_the_obtained_flops() -> None:
    """With `paper`, compound scaling of B0 to 2x gives 2.62x at 224 px."""
    assert fit_network(efficientnet_b0(), COMPOUND, 2, PAPER).times_flops == pytest.approx(2.62, abs=0.005)


def test_single_dimension_rules_keep_the_other_dimensions() -> None:
    base = resnet18()
    depth, width, side = (fit_network(base, Shares(*shares), 2) for shares in ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
    assert depth.network.widths == base.widths
    assert depth.network.side == base.side
    assert width.network.depths == base.depths
    assert width.network.side == base.side
    assert side.network.depths == base.depths
    assert side.network.widths == base.widths
    assert sum(depth.network.depths) > sum(base.depths)
    assert width.network.widths > base.widths
    assert side.network.side > base.side


def test_solved_widths_bring_compound_within_one_percent_on_small_images() -> None:
    for base in (mobilenet_v1_small(), resnet18_small()):
        fitted = fit_network(base, COMPOUND, 2)
        assert fitted.times_flops == pytest.approx(2, rel=0.01)
        assert fitted.network.side % base.total_stride == 0


def test_no_other_width_multiplier_is_nearer_to_the_budget() -> None:
    base = mobilenet_v1_small()
    budget = 3 * network_cost(base).flops
    off = abs(network_cost(fit_network(base, Shares(0, 1, 0), 3).network).flops - budget)
    others = (scale(base, Multipliers(w=1.5 + i / 1000), FITTED) for i in range(500))
    assert off <= min(abs(network_cost(other).flops - budget) for other in others)


def test_obtained_multipliers_are_those_of_the_network() -> None:
    fitted = fit_network(resnet18(), COMPOUND, 4)
    assert fitted.obtained.d == sum(fitted.network.depths) / 8
    assert fitted.obtained.r == fitted.network.side / 224
    assert fitted.times_flops == network_cost(fitted.network).flops / network_cost(resnet18()).flops


def tiny16() -> Network:
    """ResNet-18's blocks at 16 px with a total stride of 4: 20 px are exactly 1.5625 times the FLOPs."""
    small = resnet18_small()
    stages = zip(small.stages, (8, 12, 16, 16), strict=True)
    stem = replace(small.stem, width=8)
    return replace(small, stem=stem, stages=tuple(replace(stage, width=w) for stage, w in stages), side=16)


def test_shares_decide_between_fits_on_the_budget() -> None:
    """`fast` requests 80 % width at 1.5625x: resolution alone is at the budget to the digit, nearer shares are not."""
    base = tiny16()
    side = fit_network(base, Shares(0, 0, 1), 1.5625)
    assert side.times_flops == pytest.approx(1.5625, rel=1e-3)
    fitted = fit_network(base, fast(0.8), 1.5625)
    assert fitted.obtained.shares == pytest.approx((0.27, 0.73, 0), abs=0.005)
    assert 0.002 < abs(fitted.times_flops / 1.5625 - 1) < 0.02


@pytest.mark.parametrize("times", [1.5, 2, 3, 4])
def test_no_network_around_the_requested_one_has_nearer_shares(times: float) -> None:
    """All sides on the grid and block counts, each with the widths that are nearest to the budget."""
    base = mobilenet_v1_small()
    requested = COMPOUND.multipliers(times)
    obtained = fit_network(base, COMPOUND, times).obtained.shares
    assert requested.shares
    assert obtained
    budget = times * network_cost(base).flops
    for side in range(20, 41, 4):
        for blocks in range(6, 13):
            other = solve_widths(base, blocks, side, 1.0, budget)
            by = Multipliers(sum(other.depths) / 6, sum(other.widths) / sum(base.widths), side / 20)
            if by.shares and abs(network_cost(other).flops / budget - 1) <= 0.02:
                nearest = share_difference(requested.shares, by.shares)
                assert share_difference(requested.shares, obtained) <= nearest + 0.005


def test_flops_decide_between_equally_near_shares() -> None:
    """Depth alone has one share whatever the number of blocks, so the count nearest to the budget is taken."""
    base = resnet18()
    off = abs(fit_network(base, Shares(1, 0, 0), 3).times_flops - 3)
    others = [scale(base, Multipliers(blocks / 8), FITTED) for blocks in range(20, 30)]
    assert off <= min(abs(network_cost(other).flops / network_cost(base).flops - 3) for other in others)


@dataclass(frozen=True)
class Wider:
    """A rule of widths only, which are solved."""

    solved: Literal["width"] = "width"

    def multipliers(self, times_flops: float) -> Multipliers:
        return Multipliers(w=times_flops**0.5)

    def network(self, baseline: Network, times_flops: float, rounding: Rounding) -> Network:
        return scale(baseline, self.multipliers(times_flops), rounding)


def test_tolerance_is_two_percent_with_width_and_five_without() -> None:
    """Widths of 16 and 24 channels, with none in between, miss 1.5 times the FLOPs by more than 3 %."""
    coarse = Network(Stem(8), (Stage(16, 2, (DepthwiseSeparable(),), group=8),), Head(), side=8, classes=2, channels=1)
    widths = (scale(coarse, Multipliers(w=1 + i / 100), FITTED) for i in range(100))
    offs = [abs(network_cost(network).flops / network_cost(coarse).flops / 1.5 - 1) for network in widths]
    assert 0.02 < min(offs) < 0.05
    with pytest.raises(ValueError, match=r"no network within 2% of 1\.5 times"):
        fit_network(coarse, Wider(), 1.5)
    assert 0.02 < fit_network(resnet18(), Shares(1, 0, 0), 1.2).times_flops / 1.2 - 1 < 0.05


@pytest.mark.parametrize("wrong", [0, -2, float("nan"), 1e9, None])
def test_budgets_out_of_range_are_errors(wrong: float | None) -> None:
    with pytest.raises(ValueError, match="times_flops is"):
        fit_network(resnet18(), COMPOUND, wrong)


def test_an_unreachable_budget_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"no network within 5% of 1\.3 times .* the nearest has .* side 2\d px"):
        fit_network(mobilenet_v1_small(), Shares(0, 0, 1), 1.3)


class LastStageWider:
    """A rule without shares: the budget goes into the width of the last stage."""

    def network(self, baseline: Network, times_flops: float, _rounding: Rounding) -> Network:
        *first, last = baseline.stages
        return replace(baseline, stages=(*first, replace(last, width=round(last.width * times_flops))))


def test_the_nominal_budget_of_another_rule_is_solved() -> None:
    base = resnet18()
    fitted = fit_network(base, LastStageWider(), 2)
    assert fitted.times_flops == pytest.approx(2, rel=0.01)
    assert fitted.network.stages[:-1] == base.stages[:-1]
    assert fit_network(base, LastStageWider(), 1).network == base


def test_a_rule_that_cannot_reach_the_budget_is_an_error() -> None:
    with pytest.raises(ValueError, match="no network within 5% of 500 times"):
        fit_network(resnet18(), LastStageWider(), 500)


def test_explicit_multipliers_are_applied() -> None:
    fitted = fit_network(efficientnet_b0(), Multipliers(1.1, 1.0, 240 / 224), None)
    assert fitted.network.side == 240
    assert fitted.network.depths == (2, 3, 3, 4, 4, 5, 2)


def test_a_side_off_the_grid_is_used_where_the_grid_misses_the_budget() -> None:
    """B3's 300 px is not a multiple of 32, so the multiples of 32 next to twice its FLOPs miss the budget."""
    base = build_value("family", read_yaml("family", "efficientnet_b3"))
    fitted = fit_network(base, Shares(0, 0, 1), 2)
    assert fitted.network.side % 32
    assert fitted.times_flops == pytest.approx(2, rel=0.05)
    others = (network_cost(replace(base, side=side)).flops / network_cost(base).flops for side in range(380, 460))
    assert abs(fitted.times_flops - 2) == min(abs(other - 2) for other in others)


@pytest.mark.parametrize(
    ("name", "times", "depths"),
    [("resnet101", 0.25, (1, 1, 3, 1)), ("mobilenet_v1", 0.25, (1,) * 5), ("mobilenet_v2", 0.5, (1,) * 7)],
)
def test_stages_of_one_block_do_not_shrink(name: str, times: float, depths: tuple[int, ...]) -> None:
    """A quarter of ResNet-101 by depth: the short stages are at one block, the long one gets the remaining budget."""
    fitted = fit_network(build_value("family", read_yaml("family", name)), Shares(1, 0, 0), times)
    assert fitted.network.depths == depths
    assert fitted.times_flops == pytest.approx(times, rel=0.05)


def test_one_block_per_stage_is_the_least_depth() -> None:
    with pytest.raises(ValueError, match=r"the nearest has 0\.1232 times \(depths \[1, 1, 1, 1, 1, 1\]"):
        fit_network(build_value("family", read_yaml("family", "efficientnet_v2_s")), Shares(1, 0, 0), 0.1)


def test_stages_that_do_not_deepen_keep_their_blocks() -> None:
    lite = build_value("family", read_yaml("family", "efficientnet_lite0"))
    for rule in (Shares(1, 0, 0), COMPOUND):
        depths = fit_network(lite, rule, 2).network.depths
        assert (depths[0], depths[-1]) == (1, 1)


def test_a_parameter_too_small_for_a_group_is_below_every_budget() -> None:
    regnet = build_value("family", read_yaml("family", "regnet_y_800mf"))
    assert fit_network(regnet, Shares(0, 1, 0), 0.25).times_flops == pytest.approx(0.25, rel=0.02)
    with pytest.raises(ValueError, match=r"at least 16, one group|no network within"):
        fit_network(regnet, Shares(0, 1, 0), 0.01)


def test_nearest_rounding_equals_pycls() -> None:
    """Dollar et al. 2021 at 4x: d 1.149, w 1.741, r 1.072; depths to the nearest, widths to 8, sides to 4 px."""
    fitted = fit_network(efficientnet_b0(), fast(0.8), 4, NEAREST)
    assert fitted.network.depths == (1, 2, 2, 3, 3, 5, 1)
    assert fitted.network.widths == (24, 40, 72, 136, 192, 336, 560)
    assert fitted.network.side == 240
