"""Readings: which networks a printed row can mean, and what they cost."""

import pytest

from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.paper.audit.formula import compound_coefficients, formula_multipliers, released_coefficients
from scaling_lab.paper.audit.reading_choices import RELEASED_SIDE, UNROUNDED_MULTIPLIERS
from scaling_lab.paper.audit.readings import Reading, all_readings, baseline_network, open_choices

COMPOUND = Multipliers(1.4, 1.2, 1.3)


def network(family: str, by: Multipliers, **choices: str) -> Network:
    row_choices = open_choices(family, by)
    return row_choices.network(row_choices.restrict(Reading(**choices)))


def test_the_usual_reading_uses_the_papers_rounding() -> None:
    b3 = network("efficientnet_b0", COMPOUND, side=RELEASED_SIDE)
    assert b3.side == 300
    assert network_cost(b3).flops == network_cost(baseline_network("efficientnet_b3")).flops
    assert network("efficientnet_b0", COMPOUND).side == 291


@pytest.mark.parametrize(
    ("family", "choices", "flops"),
    [
        ("mobilenet_v1", {"side": "side to a multiple of 32"}, 2.243),
        ("mobilenet_v1", {"multipliers": UNROUNDED_MULTIPLIERS, "side": "side to a multiple of 32"}, 2.263),
        ("mobilenet_v1", {"depths": "one-block stages kept"}, 2.318),
        ("mobilenet_v2", {"multipliers": UNROUNDED_MULTIPLIERS, "side": "side to a multiple of 32"}, 1.320),
        ("resnet50", {"side": RELEASED_SIDE}, 16.301),
        ("resnet50", {"multipliers": UNROUNDED_MULTIPLIERS, "side": "side to a multiple of 16"}, 16.696),
    ],
)
def test_flops_of_compound_rows_under_other_readings(family: str, choices: dict[str, str], flops: float) -> None:
    assert network_cost(network(family, COMPOUND, **choices)).flops / 1e9 == pytest.approx(flops, abs=0.0006)


def test_head_and_stem_keep_their_widths() -> None:
    widened = network("mobilenet_v2", Multipliers(w=2), ends="head kept")
    assert widened.head.width == 1280
    assert widened.stem.width == 64
    assert network_cost(widened).flops / 1e9 == pytest.approx(1.096, abs=0.0006)
    assert network("mobilenet_v2", Multipliers(w=2), ends="stem and head kept").stem.width == 32


@pytest.mark.parametrize(("family", "billions"), [("resnet101", 7.6), ("resnet152", 11.3)])
def test_resnets_with_the_original_stride_match_the_resnet_paper(family: str, billions: float) -> None:
    """He et al. 2015, arXiv 1512.03385, Table 1; the parameters are those of v1.5."""
    original = network(family, Multipliers(), strides="stride in the first 1x1")
    assert round(network_cost(original).flops / 1e9, 1) == billions
    assert network_cost(original).params == network_cost(baseline_network(family)).params
    assert network(family, Multipliers()) == baseline_network(family)


@pytest.mark.parametrize("family", ["resnet18", "mobilenet_v2", "efficientnet_b0", "regnet_y_800mf"])
def test_only_bottlenecks_leave_their_stride_open(family: str) -> None:
    assert open_choices(family, Multipliers()).strides == ("stride in the 3x3",)


def test_only_a_power_of_the_formula_has_an_unrounded_form() -> None:
    assert set(open_choices("resnet50", COMPOUND).multipliers) == {"multipliers as printed", UNROUNDED_MULTIPLIERS}
    assert set(open_choices("resnet50", Multipliers(4, 1, 1)).multipliers) == {"multipliers as printed"}
    assert open_choices("resnet50", COMPOUND).multipliers[UNROUNDED_MULTIPLIERS] == formula_multipliers(2)
    assert compound_coefficients() == Multipliers(1.2, 1.1, 1.15)


def test_choices_that_a_row_does_not_leave_open_are_restricted() -> None:
    choices = open_choices("mobilenet_v1", Multipliers(r=2))
    assert {choices.restrict(reading) for reading in all_readings()} == {
        Reading(side=side) for side in choices.sides["multipliers as printed"]
    }


def test_the_released_networks_are_eight() -> None:
    assert [released.side for released in released_coefficients()] == [224, 240, 260, 300, 380, 456, 528, 600]


def test_description_of_a_reading_names_its_departures() -> None:
    assert Reading().describe() == "usual"
    assert Reading(side=RELEASED_SIDE).describe() == "usual"
    reading = Reading(depths="stages to the nearest", side=RELEASED_SIDE)
    assert reading.describe() == "stages to the nearest"
    assert reading.departures == ("stages to the nearest", "released side")
