"""Fits of factories, on one whose counts are sums: no torch."""

from dataclasses import dataclass, replace

import pytest

from scaling_lab.errors import UserError
from scaling_lab.networks.module_network import ModuleCounts, ModuleNetwork
from scaling_lab.networks.scaling.fit import TOLERANCE, TOLERANCE_WITHOUT_WIDTH, fit_network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.obtained import match_shares
from scaling_lab.networks.scaling.rounding import NEAREST, PAPER
from scaling_lab.networks.scaling.shares import Shares, compound
from scaling_lab.networks.scaling.tinynet import shrinking
from scaling_lab.networks.tags import tagged


@tagged("SumsOfATest")
@dataclass(frozen=True)
class Sums:
    """Three stages of (blocks, width) convolutions at the side and its half and quarter, and a stem that is fixed."""

    stages: tuple[tuple[int, int], ...] = ((4, 48), (6, 64), (8, 80))
    fails_below: float = 0.0
    multiple: int = 1

    @property
    def name(self) -> str:
        return "a_test.sums"

    def accepts(self, setting: str) -> bool:
        return setting == "channels"

    def count(self, network: ModuleNetwork) -> ModuleCounts:
        if network.width < self.fails_below:
            raise UserError("too narrow")
        inputs, side = 8, network.side
        flops, layers, channels = 9 * 3 * 8 * side**2, 1, 8
        for blocks, outputs in self.stages:
            wide = max(1, round(outputs * network.width / self.multiple)) * self.multiple
            for _ in range(max(1, round(blocks * network.depth))):
                flops, layers, channels = flops + 9 * inputs * wide * side**2, layers + 1, channels + wide
                inputs = wide
            side = -(-side // 2)
        return ModuleCounts(flops, channels, flops, layers, channels, side)

    def count_norms_and_pools(self, network: ModuleNetwork) -> tuple[int, int]:
        raise AssertionError(f"a fit runs no image: {network}")


BASELINE = ModuleNetwork(Sums(), side=48, total_stride=4)
PAPERS = compound(1.2, 1.1, 1.15)
RULES = {"depth": Shares(1, 0, 0), "width": Shares(0, 1, 0), "resolution": Shares(0, 0, 1), "compound": PAPERS}


SMALLER = {"depth": 0.5, "width": 0.5, "resolution": 0.25, "compound": 0.25}


@pytest.mark.parametrize(("rule", "times"), [*SMALLER.items(), *((rule, times) for rule in RULES for times in (2, 4))])
def test_a_rule_meets_its_budget_with_its_shares(rule: str, times: float) -> None:
    fitted = fit_network(BASELINE, RULES[rule], times)
    flops = [Sums().count(network).flops for network in (fitted.network, BASELINE)]  # type: ignore[arg-type]
    assert fitted.times_flops == flops[0] / flops[1]
    assert abs(fitted.times_flops / times - 1) <= (TOLERANCE if RULES[rule].width else TOLERANCE_WITHOUT_WIDTH)
    shares = match_shares(RULES[rule].multipliers(times), fitted.obtained.shares)
    assert shares is not None
    assert not shares.is_off


def test_a_depth_is_measured_in_layers_and_a_width_in_their_channels() -> None:
    fitted = fit_network(BASELINE, Multipliers(d=1.5, w=1.25, r=1.25), None)
    assert fitted.obtained.d == pytest.approx((6 + 9 + 12) / (4 + 6 + 8))
    assert fitted.obtained.w == pytest.approx(1.25)
    assert fitted.obtained.r == 1.25


def test_the_baseline_is_every_rule_at_once() -> None:
    assert {fit_network(BASELINE, rule, 1.0).network for rule in RULES.values()} == {BASELINE}


def test_equal_modules_have_equal_arguments() -> None:
    networks = {fit_network(BASELINE, RULES["depth"], times).network for times in (1.98, 2.0, 2.02)}
    assert len(networks) == 1


@pytest.mark.parametrize(("rounding", "side"), [(PAPER, 56), (NEAREST, 56)])
def test_other_roundings_hand_the_multipliers_to_the_factory(rounding: object, side: int) -> None:
    network = fit_network(BASELINE, PAPERS, 2.0, rounding).network  # type: ignore[arg-type]
    requested = PAPERS.multipliers(2.0)
    assert network == replace(BASELINE, depth=requested.d, width=requested.w, side=side)


def test_a_factory_that_fails_when_it_is_small_is_fitted_where_it_does_not() -> None:
    baseline = replace(BASELINE, factory=Sums(fails_below=0.8))
    assert fit_network(baseline, RULES["width"], 0.75).network.width > 0.8  # type: ignore[union-attr]
    with pytest.raises(ValueError, match=r"no network within 2% of 0\.3"):
        fit_network(baseline, RULES["width"], 0.3)


def test_widths_in_coarse_steps_miss_the_budget_and_say_so() -> None:
    with pytest.raises(ValueError, match=r"no network within 2% of 1\.2 times"):
        fit_network(replace(BASELINE, factory=Sums(multiple=32)), RULES["width"], 1.2)


def test_the_nearest_budget_that_blocks_can_meet_is_named() -> None:
    two_blocks = replace(BASELINE, factory=Sums(stages=((1, 48), (1, 48))))
    with pytest.raises(ValueError, match=r"the budget \d\S* is met") as raised:
        fit_network(two_blocks, RULES["depth"], 2.5)
    budget = _budget_named(str(raised.value))
    assert abs(fit_network(two_blocks, RULES["depth"], budget).times_flops / budget - 1) <= TOLERANCE_WITHOUT_WIDTH


def _budget_named(message: str) -> float:
    return float(message.partition("the budget ")[2].partition(" is met")[0])


def test_a_curve_of_multipliers_is_fitted_too() -> None:
    fitted = fit_network(BASELINE, shrinking([(0.25, 0.6, 0.7)]), 0.5)
    assert abs(fitted.times_flops / 0.5 - 1) <= TOLERANCE


def test_a_rule_without_multipliers_is_refused() -> None:
    class Other:
        def network(self, *_: object) -> object:
            raise AssertionError

    with pytest.raises(ValueError, match="gives no multipliers"):
        fit_network(BASELINE, Other(), 2.0)  # type: ignore[arg-type]
