"""Findings on planted numbers, and on the published ones."""

from dataclasses import replace
from math import log

import pytest

from scaling_lab.config.registry import CONF
from scaling_lab.errors import UserError
from scaling_lab.networks.costs.cost import cost
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.paper.audit import coefficients, places, swaps, versions
from scaling_lab.paper.audit.findings import audit, audited_families
from scaling_lab.paper.audit.printed import Printed
from scaling_lab.paper.audit.readings import baseline
from scaling_lab.paper.audit.rows import Row, rows
from scaling_lab.paper.audit.swaps import Item


def items(*numbers: tuple[float, str]) -> list[Item]:
    return [Item(f"row {n}", int(counted * 1e9), Printed(text)) for n, (counted, text) in enumerate(numbers)]


def test_two_numbers_that_changed_places_are_found_once() -> None:
    (found,) = swaps.swaps(items((4.09, "4.1"), (14.57, "16.2"), (16.12, "14.7"), (16.35, "16.4")))
    assert (found.row.name, found.other.name, found.mutual) == ("row 1", "row 2", True)
    assert found.off == pytest.approx(-0.88, abs=0.01)


@pytest.mark.parametrize(
    "numbers",
    [
        [(14.57, "14.6"), (16.12, "16.1")],
        [(14.57, "12.0"), (16.12, "13.0")],
        [(1.2, "1.2"), (1.2, "1.2")],
    ],
)
def test_where_nothing_changed_places_nothing_is_found(numbers: list[tuple[float, str]]) -> None:
    assert swaps.swaps(items(*numbers)) == []


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([(14.57, "16.2"), (16.12, "16.1")], []),
        ([(14.57, "16.2"), (16.12, "14.7"), (16.3, "15.0")], [(0, 1, True), (2, 0, False)]),
        ([(2.272, "2.2"), (2.30, "2.3")], [(0, 1, False)]),
        ([(2.272, "2.25"), (2.26, "2.26")], [(0, 1, False)]),
        ([(14.57, "16.2"), (20.0, "14.6")], [(0, 1, False)]),
    ],
)
def test_a_count_that_fits_another_row_is_no_swap_alone(
    numbers: list[tuple[float, str]], told: list[tuple[int, int, bool]]
) -> None:
    """Neither where the other row comes out, nor where the other count does not fit back."""
    found = swaps.swaps(items(*numbers))
    assert [(fit.row.name, fit.other.name, fit.mutual) for fit in found] == [
        (f"row {one}", f"row {other}", mutual) for one, other, mutual in told
    ]


def row(table: str, flops: str, top1: str, by: Multipliers | None = None) -> Row:
    return Row(table, "a row", "EfficientNet-B0", "efficientnet_b0", "", Printed(flops), top1=top1, start="s", by=by)


def test_equal_numbers_in_two_places_are_found_at_the_shorter_digits() -> None:
    deeper, wider = Multipliers(d=4), Multipliers(w=2)
    printed = row("Table 7", "1.8", "79.0", deeper)
    same, other = row("Figure 3", "1.8497", "78.99", wider), row("Figure 3", "1.8497", "78.4", deeper)
    ((found_row, found),) = places.twins([printed, same, other], "Table 7", "Figure 3").items()
    assert found_row is printed
    assert [twin.other for twin in found] == [same]
    assert not found[0].same_multipliers


def test_one_network_with_two_accuracies_disagrees() -> None:
    deeper = Multipliers(d=2)
    one, other = row("Figure 3", "0.95", "78.51", deeper), row("Figure 4", "0.95", "78.74", deeper)
    assert [place.disagrees for place in places.places([one, other])] == [True]
    assert [place.disagrees for place in places.places([one, replace(other, top1="78.5")])] == [False]
    assert places.places([one, row("Figure 4", "0.95", "78.74", Multipliers(d=3))]) == []


def test_table_7_is_found_in_figure_3() -> None:
    found = places.twins(rows(), "Table 7", "Figure 3")
    assert {one.label: [twin.other.label for twin in twins] for one, twins in found.items()} == {
        "Baseline model (EfficientNet-B0)": [],
        "Scale model by depth (d=4)": ["d=4.0"],
        "Scale model by width (w=2)": [],
        "Scale model by resolution (r=2)": ["r=1.9"],
        "Compound Scale (d=1.4, w=1.2, r=1.3)": [],
    }


def test_figure_8_repeats_figure_3_but_for_its_first_points() -> None:
    found = places.twins(rows(), "Figure 8", "Figure 3")
    alone = [one.label for one, twins in found.items() if not twins and "compound" not in one.label]
    assert alone == ["width point 0", "depth point 0", "resolution point 0"]


def test_the_width_that_costs_what_is_drawn() -> None:
    flops = cost(baseline("efficientnet_b0")).flops
    assert places.width("efficientnet_b0", 1, 1, flops) == pytest.approx(1, abs=0.02)
    solved = places.solved(rows())
    assert len(solved) == 25
    assert all(one.by.w > 1 for one in solved)


def test_formula_against_released_coefficients() -> None:
    steps = coefficients.steps()
    by_8 = [round(step.asked_times["side to a multiple of 8"], 1) for step in steps]
    assert by_8 == [1.0, 2.2, 4.7, 8.4, 16.4, 27.1, 52.1, 100.5]
    assert [round(step.released_times, 1) for step in steps] == [1.0, 1.8, 2.6, 4.7, 11.4, 26.6, 49.4, 97.8]
    assert [round(step.asked_times["side to the pixel"], 1) for step in steps][1:2] == [2.6]
    assert steps[2].implied["d"] == pytest.approx(1)
    assert coefficients.ideal() == pytest.approx(1.92, abs=0.001)


def test_the_phi_of_the_released_flops() -> None:
    """Each step of phi multiplies the FLOPs by 1.2 * 1.1^2 * 1.15^2 = 1.92027, were nothing rounded."""
    flops = [cost(baseline(f"efficientnet_b{n}")).flops for n in range(8)]
    phis = [log(each / flops[0]) / log(1.92027) for each in flops[1:]]
    assert [round(phi, 1) for phi in phis] == [0.9, 1.4, 2.4, 3.7, 5.0, 6.0, 7.0]
    found = [step.implied["flops"] for step in coefficients.steps()]
    assert found[0] == 0
    assert found[1:] == pytest.approx(phis, rel=1e-5)


def test_accuracies_are_told_apart_by_version() -> None:
    found = {(one.place, one.model, one.top1): one for one in versions.sightings(rows())}
    assert found["Table 4", "EfficientNet-B1", "78.8"].printed_by == ("v1",)
    assert found["Table 4", "EfficientNet-B7", "84.4"].at_odds == ("v5",)
    assert found["Table 4", "ResNet-152", "77.8"].at_odds == ()
    assert found["Table 7", "EfficientNet-B0", "77.3"].printed_by == ("v3",)
    assert found["Table 7", "EfficientNet-B0", "76.3"].at_odds == ()
    assert found["Figure 8", "EfficientNet-B0", "76.1"].printed_by == ()
    assert versions.named("arXiv 1905.11946v5 (v1 and v3 identical)") == ("v1", "v3", "v5")


def test_an_audit_of_one_family_is_about_that_family() -> None:
    found = audit(["resnet50"])
    assert {each.row.family for each in found.recounts} == {"resnet50"}
    assert {one.family for one in found.statements} == {"resnet50"}
    assert list(found.fits) == [("Table 3", "ResNet-50")]
    assert (found.steps, found.twins, found.solved) == ([], {}, [])


def test_a_family_without_published_rows_is_refused_with_the_near_name() -> None:
    with pytest.raises(UserError, match=r"'resnet18_small'; did you mean resnet18\?"):
        audit(["resnet18_small"])


def test_every_family_with_published_rows_is_in_the_study() -> None:
    line = (CONF / "study" / "published.yaml").read_text().partition("family: >-")[2]
    assert sorted(line.replace("\n", "").replace(" ", "").split(",")) == list(audited_families())
