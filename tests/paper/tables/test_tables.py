import re
import subprocess
import sys
from pathlib import Path

import pytest

from scaling_lab.paper import tables

ROOT = Path(__file__).resolve().parents[3]


PAPER = ("figure3", "figure4", "figure8", "table2", "table3", "table4", "table7")
OTHERS = ("counters", "networks")


def test_the_tables_are_listed() -> None:
    assert set(tables.published_table_names()) >= {*PAPER, *OTHERS}
    assert list(tables.published_table_names()) == sorted(tables.published_table_names())


@pytest.mark.parametrize("name", tables.published_table_names())
def test_every_row_has_a_source_and_no_machine_in_it(name: str) -> None:
    table = tables.read_printed_table(name)
    assert len(table) > 0
    assert (table["source"].str.len() > 10).all()
    texts = table.to_numpy().ravel()
    assert not [text for text in texts if re.search(r"(?:^|[\s:;(])/\w", text)], "a path of somebody's machine"


@pytest.mark.parametrize("name", PAPER)
def test_the_papers_numbers_are_in_range(name: str) -> None:
    table = tables.read_published_table(name)
    assert table["source"].str.contains("arXiv|github tensorflow/tpu").all()
    for column, low, high in (("flops_B", 0.1, 100), ("params_M", 1, 1000), ("top1", 50, 100)):
        if column in table:
            assert table[column].dropna().between(low, high).all()


@pytest.mark.parametrize("name", [*PAPER, *OTHERS])
def test_no_column_holds_a_finding(name: str) -> None:
    findings = {"computed_MAC_B", "prints_same", "deviation_pct", "note", "recommended_resolution"}
    assert not findings & set(tables.read_published_table(name).columns)


@pytest.mark.parametrize("name", [*PAPER, *OTHERS])
def test_every_column_is_documented(name: str) -> None:
    documented = (ROOT / "scaling_lab/paper/tables/README.md").read_text()
    plain = {"source", "seen", "method", "curve", "model", "kind", "row", "base_model", "pair", "arch", "library"}
    for column in set(tables.read_published_table(name).columns) - plain:
        assert f"`{column}`" in documented, column


def test_digits_are_kept_as_printed() -> None:
    table = tables.read_printed_table("table2")
    flops = table.loc[table["version"] == "arXiv v5", ["model", "flops_B"]].set_index("model")["flops_B"]
    assert flops["EfficientNet-B1"].tolist()[0] == "0.70"
    assert flops["EfficientNet-B2"].tolist()[0] == "1.0"
    assert tables.read_published_table("table2")["flops_B"].dtype == float
    assert set(tables.read_printed_table("networks")["gmacs"].str.partition(".")[2].str.len()) <= {2, 3}


def test_values_of_figure_3() -> None:
    table = tables.read_published_table("figure3")
    assert table["panel"].value_counts().to_dict() == {"w": 6, "d": 6, "r": 7}
    rows = set(table[["panel", "label", "flops_B", "top1"]].itertuples(index=False, name=None))
    assert {("w", 5.0, 8.2508, 80.3), ("d", 4.0, 1.8497, 78.99), ("r", 2.5, 3.1154, 79.68)} <= rows


def test_values_of_figure_8() -> None:
    table = tables.read_published_table("figure8")
    assert table["curve"].value_counts().to_dict() == {"width": 6, "depth": 6, "resolution": 7, "compound": 5}
    rows = set(table[["curve", "point_index", "flops_B", "top1"]].itertuples(index=False, name=None))
    assert {("compound", 0, 0.39, 76.1), ("compound", 4, 4.2, 82.6)} <= rows
    assert table.loc[table["clipped"] == "yes", "curve"].tolist() == ["width"]


def test_the_points_shared_by_both_figures_agree() -> None:
    drawn = set(tables.read_published_table("figure3")[["flops_B", "top1"]].itertuples(index=False, name=None))
    lines = tables.read_published_table("figure8").query("curve != 'compound' and point_index > 0 and clipped == 'no'")
    assert set(lines[["flops_B", "top1"]].itertuples(index=False, name=None)) <= drawn


def test_an_unknown_table_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match=r"'figure9'.*counters, figure3"):
        tables.read_published_table("figure9")


def test_reading_needs_no_torch() -> None:
    program = (
        "import sys; from scaling_lab.paper import tables; "
        "tables.read_published_table('figure3'); print('torch' in sys.modules)"
    )
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert ran.stdout.strip() == "False"
