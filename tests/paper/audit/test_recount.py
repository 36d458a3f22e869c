"""Every published row with FLOPs is counted, or says why not; and what is known comes out of the counts."""

import pytest

from scaling_lab.config import registry
from scaling_lab.paper import tables
from scaling_lab.paper.audit.findings import audit, audited_families
from scaling_lab.paper.audit.readings import Reading
from scaling_lab.paper.audit.recount import Recount, best, printing_sides, recount
from scaling_lab.paper.audit.rows import Row, rows
from scaling_lab.paper.audit.table import table

TABLES = ("table2", "table3", "table7", "figure3", "figure4", "figure8")


@pytest.fixture(scope="module")
def recounts() -> tuple[Recount, ...]:
    return tuple(recount(row) for row in rows())


@pytest.fixture(scope="module")
def by_label(recounts: tuple[Recount, ...]) -> dict[tuple[str, str, str], Recount]:
    return {(each.row.table, each.row.base, each.row.label): each for each in recounts}


@pytest.mark.parametrize("name", TABLES)
def test_every_printed_number_is_in_a_row(name: str) -> None:
    """Rows of Table 2 that print the same in several versions are one."""
    printed = tables.read_printed_table(name)
    kinds = {"table": "Table", "figure": "Figure"}
    own = [row for row in rows() if row.table == f"{kinds[name[:-1]]} {name[-1]}"]
    texts = [row.flops.text for row in own if row.flops]
    wanted = printed[printed["flops_B"] != ""]
    if name == "table2":
        wanted = wanted.drop_duplicates(subset=["model", "params_M", "flops_B"])
    assert texts == wanted["flops_B"].tolist()


def test_every_row_is_counted_or_says_why_not(recounts: tuple[Recount, ...]) -> None:
    for each in recounts:
        assert bool(each.counts) != bool(each.row.why_not), each.row
    assert sum(each.has_flops for each in recounts) == 80


@pytest.mark.parametrize(
    ("model", "counted", "out"),
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
def test_table_2(model: str, counted: float, out: bool, by_label: dict[tuple[str, str, str], Recount]) -> None:
    each = by_label["Table 2", "EfficientNet-B0", f"EfficientNet-{model}"]
    assert each.usual.flops / 1e9 == pytest.approx(counted, abs=6e-5)
    assert each.comes_out is out


def test_only_b2_of_the_printed_parameters_does_not_come_out(recounts: tuple[Recount, ...]) -> None:
    assert [each.row.label for each in recounts if each.params_come_out is False] == ["EfficientNet-B2"]


def test_mobilenet_v1_by_resolution_does_not_print_its_number(by_label: dict[tuple[str, str, str], Recount]) -> None:
    each = by_label["Table 3", "MobileNetV1", "scale by resolution"]
    assert (each.usual.side, each.printed.text, len(each.tried)) == (448, "2.2", 1)
    assert each.usual.flops == 2_271_889_408
    assert not each.fitting
    sides = printing_sides(each)
    assert sides is not None
    assert sides[1] < 448


def test_resnet_152_prints_its_number_with_the_originals_stride(by_label: dict[tuple[str, str, str], Recount]) -> None:
    each = by_label["Table 2", "ResNet-152", "ResNet-152"]
    assert not each.comes_out
    assert [reading.differences() for reading in each.fitting.values()] == ["stride in the first 1x1"]
    usual = by_label["Table 2", "ResNet-50", "ResNet-50"]
    assert [reading.differences() for reading in usual.fitting.values()] == ["usual"]


def test_resnet_50_under_no_reading(by_label: dict[tuple[str, str, str], Recount]) -> None:
    assert not by_label["Table 3", "ResNet-50", "scale by depth"].fitting
    assert not by_label["Table 3", "ResNet-50", "scale by width"].fitting
    compound = by_label["Table 3", "ResNet-50", "compound scale"]
    assert compound.row.assumed
    assert [reading.multipliers for reading in compound.fitting.values()] == ["multipliers unrounded"]


def test_single_multipliers_of_table_7_cannot_come_from_b0(recounts: tuple[Recount, ...]) -> None:
    beyond = [each.row.label for each in recounts if each.row.table == "Table 7" and each.out_of_reach]
    assert beyond == ["Scale model by depth (d=4)", "Scale model by width (w=2)", "Scale model by resolution (r=2)"]


def test_the_lines_of_figure_3_start_beyond_b0(recounts: tuple[Recount, ...]) -> None:
    drawn = [each for each in recounts if each.row.table == "Figure 3"]
    assert {each.row.label for each in drawn if not each.out_of_reach} == {"w=1.8", "w=2.6", "w=3.8", "w=5.0"}
    assert all(each.off < -20 for each in drawn if each.row.label.endswith("=1.0"))


def test_one_reading_for_many_rows(recounts: tuple[Recount, ...]) -> None:
    third = [each for each in recounts if each.row.table == "Table 3"]
    found = best(third)
    assert found is not None
    assert (len(found.out), found.rows) == (10, 14)
    usual = [each for each in third if each.printed.comes_out(each.under(Reading()).flops)]
    assert len(usual) == sum(each.comes_out for each in third) < len(found.out)
    assert best([]) is None


def test_a_row_without_family_is_not_counted() -> None:
    row = Row("Table 2", "DenseNet-169", "DenseNet-169", "", "", None, why_not="the lab has no such family")
    each = recount(row)
    assert (each.counts, each.has_flops, each.params_off) == ({}, False, None)


def test_the_committed_audit_is_what_the_lab_counts_today() -> None:
    """Were this to fail: `python run_sweep.py study=published name=published-reference` writes it again."""
    committed = (registry.CONF.parent / "results" / "published-reference" / "audit.csv").read_text()
    assert table(audit(audited_families())).to_csv(index=False) == committed
