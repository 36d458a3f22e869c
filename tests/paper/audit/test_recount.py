"""Counts of the published rows, checked against known numbers."""

import pytest

from scaling_lab.config import registry
from scaling_lab.paper import tables
from scaling_lab.paper.audit.findings import audit_families, audited_families
from scaling_lab.paper.audit.readings import Reading
from scaling_lab.paper.audit.recount import Recount, find_best_reading, find_matching_sides, recount_row
from scaling_lab.paper.audit.rows import PublishedRow, published_rows
from scaling_lab.paper.audit.table import audit_table

TABLES = ("table2", "table3", "table7", "figure3", "figure4", "figure8")


@pytest.fixture(scope="module")
def recounts() -> tuple[Recount, ...]:
    return tuple(recount_row(row) for row in published_rows())


@pytest.fixture(scope="module")
def by_label(recounts: tuple[Recount, ...]) -> dict[tuple[str, str, str], Recount]:
    return {(recount.row.table, recount.row.base, recount.row.label): recount for recount in recounts}


@pytest.mark.parametrize("name", TABLES)
def test_every_printed_number_is_in_a_row(name: str) -> None:
    """Rows of Table 2 with the same numbers in several versions are one row."""
    printed = tables.read_printed_table(name)
    kinds = {"table": "Table", "figure": "Figure"}
    own = [row for row in published_rows() if row.table == f"{kinds[name[:-1]]} {name[-1]}"]
    texts = [row.flops.text for row in own if row.flops]
    expected = printed[printed["flops_B"] != ""]
    if name == "table2":
        expected = expected.drop_duplicates(subset=["model", "params_M", "flops_B"])
    assert texts == expected["flops_B"].tolist()


def test_every_row_is_counted_or_has_a_reason(recounts: tuple[Recount, ...]) -> None:
    for recount in recounts:
        assert bool(recount.counts) != bool(recount.row.reason), recount.row
    assert sum(recount.has_flops for recount in recounts) == 80


@pytest.mark.parametrize(
    ("model", "counted", "is_match"),
    [
        ("B0", 0.3858, True),
        ("B1", 0.6868, False),
        ("B2", 0.9936, True),
        ("B3", 1.8271, True),
        ("B4", 4.3938, False),
        ("B5", 10.2664, False),
        ("B6", 19.0676, True),
        ("B7", 37.7459, False),
    ],
)
def test_table_2(model: str, counted: float, is_match: bool, by_label: dict[tuple[str, str, str], Recount]) -> None:
    recount = by_label["Table 2", "EfficientNet-B0", f"EfficientNet-{model}"]
    assert recount.usual.flops / 1e9 == pytest.approx(counted, abs=6e-5)
    assert recount.is_match is is_match


def test_printed_parameters_match_except_for_b2(recounts: tuple[Recount, ...]) -> None:
    assert [recount.row.label for recount in recounts if recount.is_params_match is False] == ["EfficientNet-B2"]


def test_mobilenet_v1_by_resolution_does_not_match(by_label: dict[tuple[str, str, str], Recount]) -> None:
    recount = by_label["Table 3", "MobileNetV1", "scale by resolution"]
    assert (recount.usual.side, recount.printed.text, len(recount.distinct_counts)) == (448, "2.2", 1)
    assert recount.usual.flops == 2_271_889_408
    assert not recount.matching_counts
    sides = find_matching_sides(recount)
    assert sides is not None
    assert sides[1] < 448


def test_resnet_152_matches_with_the_original_stride(by_label: dict[tuple[str, str, str], Recount]) -> None:
    recount = by_label["Table 2", "ResNet-152", "ResNet-152"]
    assert not recount.is_match
    assert [reading.describe() for reading in recount.matching_counts.values()] == ["stride in the first 1x1"]
    usual = by_label["Table 2", "ResNet-50", "ResNet-50"]
    assert [reading.describe() for reading in usual.matching_counts.values()] == ["usual"]


def test_resnet_50_matches_under_no_reading(by_label: dict[tuple[str, str, str], Recount]) -> None:
    assert not by_label["Table 3", "ResNet-50", "scale by depth"].matching_counts
    assert not by_label["Table 3", "ResNet-50", "scale by width"].matching_counts
    compound = by_label["Table 3", "ResNet-50", "compound scale"]
    assert compound.row.is_assumed
    assert [reading.multipliers for reading in compound.matching_counts.values()] == ["multipliers unrounded"]


def test_single_multipliers_of_table_7_cannot_come_from_b0(recounts: tuple[Recount, ...]) -> None:
    beyond = [recount.row.label for recount in recounts if recount.row.table == "Table 7" and recount.is_out_of_reach]
    assert beyond == ["Scale model by depth (d=4)", "Scale model by width (w=2)", "Scale model by resolution (r=2)"]


def test_the_lines_of_figure_3_start_beyond_b0(recounts: tuple[Recount, ...]) -> None:
    drawn = [recount for recount in recounts if recount.row.table == "Figure 3"]
    assert {recount.row.label for recount in drawn if not recount.is_out_of_reach} == {
        "w=1.8",
        "w=2.6",
        "w=3.8",
        "w=5.0",
    }
    assert all(recount.deviation < -20 for recount in drawn if recount.row.label.endswith("=1.0"))


def test_the_best_single_reading_of_table_3(recounts: tuple[Recount, ...]) -> None:
    table3 = [recount for recount in recounts if recount.row.table == "Table 3"]
    best = find_best_reading(table3)
    assert best is not None
    assert (len(best.rows), best.total) == (10, 14)
    usual = [recount for recount in table3 if recount.printed.matches(recount.count_under(Reading()).flops)]
    assert len(usual) == sum(recount.is_match for recount in table3) < len(best.rows)
    assert find_best_reading([]) is None


def test_a_row_without_family_is_not_counted() -> None:
    row = PublishedRow("Table 2", "DenseNet-169", "DenseNet-169", "", "", None, reason="the lab has no such family")
    recount = recount_row(row)
    assert (recount.counts, recount.has_flops, recount.params_deviation) == ({}, False, None)


def test_the_committed_audit_matches_the_counts() -> None:
    """If it is not: `python run_sweep.py study=published name=published-reference` writes it again."""
    committed = (registry.CONF.parent / "results" / "published-reference" / "audit.csv").read_text()
    assert audit_table(audit_families(audited_families())).to_csv(index=False) == committed
