"""Findings on synthetic numbers and on the published ones."""

from dataclasses import replace
from math import log

import pytest

from scaling_lab.config.registry import CONF
from scaling_lab.errors import UserError
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.paper.audit import coefficients, places, swaps, versions
from scaling_lab.paper.audit.findings import audit_families, audited_families
from scaling_lab.paper.audit.printed import PrintedNumber
from scaling_lab.paper.audit.readings import baseline_network
from scaling_lab.paper.audit.rows import PublishedRow, published_rows
from scaling_lab.paper.audit.swaps import CountedRow


def counted_rows(*numbers: tuple[float, str]) -> list[CountedRow]:
    return [
        CountedRow(f"row {n}", int(counted * 1e9), PrintedNumber(text)) for n, (counted, text) in enumerate(numbers)
    ]


def test_two_swapped_numbers_are_reported_once() -> None:
    (swap,) = swaps.find_swaps(counted_rows((4.09, "4.1"), (14.57, "16.2"), (16.12, "14.7"), (16.35, "16.4")))
    assert (swap.row.name, swap.other.name, swap.is_mutual) == ("row 1", "row 2", True)
    assert swap.deviation == pytest.approx(-0.88, abs=0.01)


@pytest.mark.parametrize(
    "numbers",
    [
        [(14.57, "14.6"), (16.12, "16.1")],
        [(14.57, "12.0"), (16.12, "13.0")],
        [(1.2, "1.2"), (1.2, "1.2")],
    ],
)
def test_no_swap_without_a_count_that_fits_another_row(numbers: list[tuple[float, str]]) -> None:
    assert swaps.find_swaps(counted_rows(*numbers)) == []


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([(14.57, "16.2"), (16.12, "16.1")], []),
        ([(14.57, "16.2"), (16.12, "14.7"), (16.3, "15.0")], [(0, 1, True), (2, 0, False)]),
        ([(2.272, "2.2"), (2.30, "2.3")], [(0, 1, False)]),
        ([(2.272, "2.25"), (2.26, "2.26")], [(0, 1, False)]),
        ([(14.57, "16.2"), (20.0, "14.6")], [(0, 1, False)]),
    ],
)
def test_a_count_that_fits_another_row_is_mutual_only_if_both_fit(
    numbers: list[tuple[float, str]], expected: list[tuple[int, int, bool]]
) -> None:
    """Not if the other row matches its own number, nor if the other count does not fit this row's number."""
    candidates = swaps.find_swaps(counted_rows(*numbers))
    assert [(swap.row.name, swap.other.name, swap.is_mutual) for swap in candidates] == [
        (f"row {row}", f"row {other}", mutual) for row, other, mutual in expected
    ]


def row(table: str, flops: str, top1: str, by: Multipliers | None = None) -> PublishedRow:
    return PublishedRow(
        table,
        "a row",
        "EfficientNet-B0",
        "efficientnet_b0",
        "",
        PrintedNumber(flops),
        top1=top1,
        start_family="s",
        multipliers=by,
    )


def test_rows_are_paired_at_the_shorter_digits() -> None:
    deeper, wider = Multipliers(d=4), Multipliers(w=2)
    printed = row("Table 7", "1.8", "79.0", deeper)
    same, other = row("Figure 3", "1.8497", "78.99", wider), row("Figure 3", "1.8497", "78.4", deeper)
    ((paired_row, pairs),) = places.pair_rows([printed, same, other], "Table 7", "Figure 3").items()
    assert paired_row is printed
    assert [pair.other for pair in pairs] == [same]
    assert not pairs[0].has_same_multipliers


def test_two_accuracies_of_one_network_conflict() -> None:
    deeper = Multipliers(d=2)
    first, second = row("Figure 3", "0.95", "78.51", deeper), row("Figure 4", "0.95", "78.74", deeper)
    agreeing = replace(second, top1="78.5")
    assert [network.has_conflict for network in places.find_repeated_networks([first, second])] == [True]
    assert [network.has_conflict for network in places.find_repeated_networks([first, agreeing])] == [False]
    assert places.find_repeated_networks([first, row("Figure 4", "0.95", "78.74", Multipliers(d=3))]) == []


def test_table_7_rows_in_figure_3() -> None:
    pairs = places.pair_rows(published_rows(), "Table 7", "Figure 3")
    assert {row.label: [pair.other.label for pair in matches] for row, matches in pairs.items()} == {
        "Baseline model (EfficientNet-B0)": [],
        "Scale model by depth (d=4)": ["d=4.0"],
        "Scale model by width (w=2)": [],
        "Scale model by resolution (r=2)": ["r=1.9"],
        "Compound Scale (d=1.4, w=1.2, r=1.3)": [],
    }


def test_figure_8_repeats_figure_3_except_its_first_points() -> None:
    pairs = places.pair_rows(published_rows(), "Figure 8", "Figure 3")
    unpaired = [row.label for row, matches in pairs.items() if not matches and "compound" not in row.label]
    assert unpaired == ["width point 0", "depth point 0", "resolution point 0"]


def test_solved_widths_cost_the_drawn_flops() -> None:
    flops = network_cost(baseline_network("efficientnet_b0")).flops
    assert places.solve_drawn_width("efficientnet_b0", 1, 1, flops) == pytest.approx(1, abs=0.02)
    solved = places.solve_drawn_widths(published_rows())
    assert len(solved) == 25
    assert all(solution.multipliers.w > 1 for solution in solved)


def test_formula_against_released_coefficients() -> None:
    steps = coefficients.formula_steps()
    by_8 = [round(step.formula_flops["side to a multiple of 8"], 1) for step in steps]
    assert by_8 == [1.0, 2.2, 4.7, 8.4, 16.4, 27.1, 52.1, 100.5]
    assert [round(step.released_flops, 1) for step in steps] == [1.0, 1.8, 2.6, 4.7, 11.4, 26.6, 49.4, 97.8]
    assert [round(step.formula_flops["side to the pixel"], 1) for step in steps][1:2] == [2.6]
    assert steps[2].implied_phi["d"] == pytest.approx(1)
    assert coefficients.unrounded_flops_factor() == pytest.approx(1.92, abs=0.001)


def test_implied_phi_of_the_released_flops() -> None:
    """Each step of phi multiplies unrounded FLOPs by 1.2 * 1.1^2 * 1.15^2 = 1.92027."""
    flops = [network_cost(baseline_network(f"efficientnet_b{n}")).flops for n in range(8)]
    phis = [log(count / flops[0]) / log(1.92027) for count in flops[1:]]
    assert [round(phi, 1) for phi in phis] == [0.9, 1.4, 2.4, 3.7, 5.0, 6.0, 7.0]
    implied = [step.implied_phi["flops"] for step in coefficients.formula_steps()]
    assert implied[0] == 0
    assert implied[1:] == pytest.approx(phis, rel=1e-5)


def test_versions_of_quoted_accuracies() -> None:
    quoted = {(quote.place, quote.model, quote.top1): quote for quote in versions.quoted_accuracies(published_rows())}
    assert quoted["Table 4", "EfficientNet-B1", "78.8"].printed_by == ("v1",)
    assert quoted["Table 4", "EfficientNet-B7", "84.4"].conflicting_versions == ("v5",)
    assert quoted["Table 4", "ResNet-152", "77.8"].conflicting_versions == ()
    assert quoted["Table 7", "EfficientNet-B0", "77.3"].printed_by == ("v3",)
    assert quoted["Table 7", "EfficientNet-B0", "76.3"].conflicting_versions == ()
    assert quoted["Figure 8", "EfficientNet-B0", "76.1"].printed_by == ()
    assert versions.versions_in("arXiv 1905.11946v5 (v1 and v3 identical)") == ("v1", "v3", "v5")


def test_an_audit_of_one_family_covers_only_that_family() -> None:
    audit = audit_families(["resnet50"])
    assert {recount.row.family for recount in audit.recounts} == {"resnet50"}
    assert {count.family for count in audit.library_counts} == {"resnet50"}
    assert list(audit.swaps) == [("Table 3", "ResNet-50")]
    assert (audit.steps, audit.pairs, audit.solved_widths) == ([], {}, [])


def test_a_family_without_published_rows_is_an_error_that_suggests_the_near_name() -> None:
    with pytest.raises(UserError, match=r"resnet18_small.*resnet18\b"):
        audit_families(["resnet18_small"])


def test_every_family_with_published_rows_is_in_the_study() -> None:
    line = (CONF / "study" / "published.yaml").read_text().partition("family: >-")[2]
    assert sorted(line.replace("\n", "").replace(" ", "").split(",")) == list(audited_families())
