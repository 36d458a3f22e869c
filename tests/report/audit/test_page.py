"""The audit's sentences, tables, page and files."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from scaling_lab.config import registry
from scaling_lab.errors import UserError
from scaling_lab.paper.audit.findings import Audit, audit_families, audited_families
from scaling_lab.paper.audit.recount import recount_row
from scaling_lab.paper.audit.rows import PublishedRow
from scaling_lab.paper.audit.table import AUDIT_COLUMNS, audit_table
from scaling_lab.report.audit.finding_tables import finding_tables
from scaling_lab.report.audit.page import page_context, render_audit_page, write_audit_page
from scaling_lab.report.audit.row_tables import PageTable, row_tables
from scaling_lab.report.audit.run import write_audit
from scaling_lab.report.audit.sentences import audit_sections


@pytest.fixture(scope="module")
def complete() -> Audit:
    return audit_families(audited_families())


@pytest.fixture(scope="module")
def tables(complete: Audit) -> dict[str, PageTable]:
    return {table.title: table for table in (*row_tables(complete), *finding_tables(complete))}


def sentences_of(audit: Audit) -> dict[str, str]:
    sections = {title: " ".join(sentences) for title, sentences in audit_sections(audit)}
    return {title: text.replace("\N{MINUS SIGN}", "-") for title, text in sections.items()}


def numbers(text: str) -> list[str]:
    return re.findall(r"-?\d+(?:\.\d+)?", text)


def cells(table: PageTable, group: str, head: str) -> list[str]:
    (rows,) = [row_group.rows for row_group in table.groups if row_group.name == group]
    (row,) = [row for row in rows if row[0][0] == head]
    return [text.replace("\N{MINUS SIGN}", "-") for text, _ in row]


def test_sentences_have_the_numbers_of_the_audit(complete: Audit) -> None:
    text = sentences_of(complete)
    assert numbers(text["Tables"].partition(":")[2])[:4] == ["29", "15", "4", "10"]
    assert "9 of 10" in text["Tables"]
    assert "EfficientNet-B2 (counted 9.11 million, printed 9.2)" in text["Tables"]
    assert numbers(text["Points of the figures"].partition(":")[2])[:4] == ["51", "7", "11", "33"]
    assert "10 of 14 in Table 3 (multipliers unrounded, side to a multiple of 32)" in text["Tables"]
    assert numbers(text["Scaled from B0"])[:2] == ["35", "51"]
    assert "3 of Table 7, 15 of Figure 3, 5 of Figure 4 and 12 of Figure 8" in text["Scaled from B0"]
    assert "-24.6 to -5.1 %" in text["Scaled from B0"]
    assert "r=1.9 in Figure 3" in text["The same network in several places"]
    assert numbers(text["Versions of the paper"])[:2] == ["16", "18"]
    assert 'torchvision: all 18 counts match "convolutions and linear layers".' in text["Other libraries"]


def test_the_swap_is_reported_once_with_its_numbers(complete: Audit) -> None:
    text = sentences_of(complete)["Numbers that fit another row"]
    assert "scale by depth: printed 16.2, counted 14.57" in text
    assert "16.12" in text
    assert "(-0.9 %)" in text
    assert "(-0.5 %)" in text
    assert text.count("look swapped") == 1


def test_one_count_is_singular() -> None:
    text = sentences_of(audit_families(["efficientnet_b3"]))
    assert "1 row with" in text["Tables"]
    assert "1 matches" in text["Tables"]
    assert "1 of 1 matches." in text["Tables"]
    assert 'torchvision: its one count matches "convolutions and linear layers".' in text["Other libraries"]
    assert "its one count; the largest, fvcore's total, deviates by -3.4 %." in text["Other libraries"]


def test_a_family_only_in_libraries_has_one_section() -> None:
    assert list(sentences_of(audit_families(["resnet18"]))) == ["Other libraries"]


@pytest.mark.parametrize(
    ("group", "head", "expected"),
    [
        ("Table 2", "EfficientNet-B4", ["4.2", "4.394", "+4.6", "no"]),
        ("Table 2", "EfficientNet-B7", ["37", "37.75", "+2.0", "no"]),
        ("Table 2", "EfficientNet-B0", ["0.39", "0.3858", "-1.1", "yes"]),
        (
            "Table 2",
            "ResNet-152",
            ["11", "11.51", "+4.7", "other", "1 of 2", "11.28\N{EN DASH}11.51", "stride in the first 1x1"],
        ),
        (
            "Table 3",
            "MobileNetV1 scale by resolution",
            ["2.2", "2.272", "+3.3", "no", "0 of 1", "2.272", "433 to 440 px"],
        ),
    ],
)
def test_rows_of_the_table(tables: dict[str, PageTable], group: str, head: str, expected: list[str]) -> None:
    assert cells(tables["Tables 2, 3 and 7"], group, head)[5 : 5 + len(expected)] == expected


def test_repeated_networks_list_their_numbers(tables: dict[str, PageTable]) -> None:
    groups = {group.name: group.rows for group in tables["The same network in several places"].groups}
    assert list(groups) == ["d=1, w=1, r=1", "d=2, w=1, r=1", "d=1, w=1, r=1.3"]
    texts = [[text for text, _ in row] for row in groups["d=2, w=1, r=1"]]
    assert [(row[0], *row[2:]) for row in texts] == [
        ("Figure 3", "0.9502", "78.51"),
        ("Figure 4", "0.9497", "78.74"),
        ("Figure 8", "0.9502", "78.51"),
    ]


def test_every_row_of_a_table_has_all_columns(tables: dict[str, PageTable]) -> None:
    for table in tables.values():
        widths = {len(row) for group in table.groups for row in group.rows}
        assert widths == {len(table.columns)}, table.title
        if table.column_groups:
            assert sum(columns for _, columns in table.column_groups) == len(table.columns)


def test_the_csv_has_every_row(complete: Audit) -> None:
    rows = audit_table(complete)
    assert list(rows.columns) == list(AUDIT_COLUMNS)
    assert len(rows) == len(complete.recounts)
    assert rows["why_not"].notna().sum() == rows["flops_counted"].isna().sum()
    assert rows.loc[rows["label"] == "EfficientNet-B1", "flops_printed"].tolist() == ["0.70"]


def test_every_column_is_documented() -> None:
    documented = (registry.CONF.parent / "results" / "README.md").read_text().partition("audit.csv\n")[2]
    assert re.findall(r"^\| `(\w+)` \|", documented, flags=re.MULTILINE) == list(AUDIT_COLUMNS)


def test_files_and_links(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    overrides = ["study=published", "family=resnet50"]
    write_audit(["resnet50"], "mine", tmp_path / "results", tmp_path / "reports", overrides)
    page = (tmp_path / "reports/mine/index.html").read_text()
    assert len(pd.read_csv(tmp_path / "results/mine/audit.csv")) == 6
    assert [path.name for path in (tmp_path / "results/mine").iterdir()] == ["audit.csv"]
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(links) == 3
    assert all((tmp_path / "reports/mine" / link).is_file() for link in links)
    assert not re.search(r"https?://|<script|@import|url\(", page)
    assert "scaling-lab sweep study=published family=resnet50" in page
    assert capsys.readouterr().out.rstrip().splitlines()[-1].startswith("report: ")


def test_everything_is_escaped(complete: Audit) -> None:
    row = PublishedRow("Table <b>", "<script>", "<i>", "", "<u>source", None, reason="<em>")
    bad = replace(complete, recounts=(recount_row(row),), library_counts=[])
    sections = [("<h1>", ["<img src=x>"])]
    page = render_audit_page(page_context(bad, sections, "<s>name", ["family=<script>"]) | {"figures": []})
    for given in ("<script>", "<u>source", "<s>name", "<img src=x>", "<h3><h1>"):
        assert given not in page
    assert "&lt;u&gt;source" in page


def test_a_report_without_counted_rows_has_no_figure(tmp_path: Path) -> None:
    audit = audit_families(["resnet18"])
    page = write_audit_page(audit, audit_sections(audit), "one", tmp_path, [])
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    assert "Multiply-adds stated by other libraries" in page.read_text()


@pytest.mark.parametrize("unwritable", ["results", "reports"])
def test_a_folder_that_cannot_be_written_to_is_an_error(tmp_path: Path, unwritable: str) -> None:
    (tmp_path / "file").touch()
    folders = {"results": tmp_path, "reports": tmp_path} | {unwritable: tmp_path / "file"}
    with pytest.raises(UserError, match=f"{re.escape(str(tmp_path / 'file' / 'one'))}.*written"):
        write_audit(["resnet18"], "one", folders["results"], folders["reports"])
