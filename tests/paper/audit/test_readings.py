import pytest

from scaling_lab.networks.costs.cost import cost
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.paper.audit.formula import formula, released, to_the
from scaling_lab.paper.audit.reading_choices import RELEASED, UNROUNDED
from scaling_lab.paper.audit.readings import Reading, baseline, every_reading, options

COMPOUND = Multipliers(1.4, 1.2, 1.3)


def network(family: str, by: Multipliers, **choices: str) -> Network:
    left = options(family, by)
    return left.network(left.settle(Reading(**choices)))


def test_the_usual_reading_is_the_papers_rounding() -> None:
    b3 = network("efficientnet_b0", COMPOUND, side=RELEASED)
    assert b3.side == 300
    assert cost(b3).flops == cost(baseline("efficientnet_b3")).flops
    assert network("efficientnet_b0", COMPOUND).side == 291


@pytest.mark.parametrize(
    ("family", "choices", "flops"),
    [
        ("mobilenet_v1", {"side": "side to a multiple of 32"}, 2.243),
        ("mobilenet_v1", {"multipliers": UNROUNDED, "side": "side to a multiple of 32"}, 2.263),
        ("mobilenet_v1", {"depths": "one-block stages kept"}, 2.318),
        ("mobilenet_v2", {"multipliers": UNROUNDED, "side": "side to a multiple of 32"}, 1.320),
        ("resnet50", {"side": RELEASED}, 16.301),
        ("resnet50", {"multipliers": UNROUNDED, "side": "side to a multiple of 16"}, 16.696),
    ],
)
def test_readings_that_the_compound_rows_can_have(family: str, choices: dict[str, str], flops: float) -> None:
    assert cost(network(family, COMPOUND, **choices)).flops / 1e9 == pytest.approx(flops, abs=0.0006)


def test_head_and_stem_can_be_kept() -> None:
    kept = network("mobilenet_v2", Multipliers(w=2), ends="head kept")
    assert kept.head.width == 1280
    assert kept.stem.width == 64
    assert cost(kept).flops / 1e9 == pytest.approx(1.096, abs=0.0006)
    assert network("mobilenet_v2", Multipliers(w=2), ends="stem and head kept").stem.width == 32


@pytest.mark.parametrize(("family", "billions"), [("resnet101", 7.6), ("resnet152", 11.3)])
def test_with_the_originals_stride_resnets_cost_what_its_paper_prints(family: str, billions: float) -> None:
    """He et al. 2015, arXiv 1512.03385, Table 1; the parameters are those of v1.5."""
    original = network(family, Multipliers(), strides="stride in the first 1x1")
    assert round(cost(original).flops / 1e9, 1) == billions
    assert cost(original).params == cost(baseline(family)).params
    assert network(family, Multipliers()) == baseline(family)


@pytest.mark.parametrize("family", ["resnet18", "mobilenet_v2", "efficientnet_b0", "regnet_y_800mf"])
def test_only_bottlenecks_leave_their_stride_open(family: str) -> None:
    assert options(family, Multipliers()).strides == ("stride in the 3x3",)


def test_only_a_power_of_the_formula_has_an_unrounded_form() -> None:
    assert set(options("resnet50", COMPOUND).multipliers) == {"multipliers as printed", UNROUNDED}
    assert set(options("resnet50", Multipliers(4, 1, 1)).multipliers) == {"multipliers as printed"}
    assert options("resnet50", COMPOUND).multipliers[UNROUNDED] == to_the(2)
    assert (formula().d, formula().w, formula().r) == (1.2, 1.1, 1.15)


def test_what_a_row_does_not_leave_open_is_settled() -> None:
    left = options("mobilenet_v1", Multipliers(r=2))
    assert {left.settle(reading) for reading in every_reading()} == {
        Reading(side=side) for side in left.sides["multipliers as printed"]
    }


def test_the_released_networks_are_eight() -> None:
    assert released()["resolution"].tolist() == [224, 240, 260, 300, 380, 456, 528, 600]


def test_a_reading_says_where_it_departs() -> None:
    assert Reading().differences() == "usual"
    reading = Reading(depths="stages to the nearest", side=RELEASED)
    assert reading.differences() == "stages to the nearest, released side"
    assert reading.departures == 2
