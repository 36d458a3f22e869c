"""What the audit says, writes and shows."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from scaling_lab.config import registry
from scaling_lab.errors import UserError
from scaling_lab.paper.audit.findings import Audit, audit, audited_families
from scaling_lab.paper.audit.recount import recount
from scaling_lab.paper.audit.rows import Row
from scaling_lab.paper.audit.table import COLUMNS, table
from scaling_lab.report.audit.page import contents, render, write
from scaling_lab.report.audit.run import write_audit
from scaling_lab.report.audit.words import sections


@pytest.fixture(scope="module")
def whole() -> Audit:
    return audit(audited_families())


@pytest.fixture(scope="module")
def said(whole: Audit) -> str:
    text = " ".join(sentence for _, sentences in sections(whole) for sentence in sentences)
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def test_what_reproduces_is_said_with_its_numbers(said: str) -> None:
    assert "of 29 rows whose multiply-adds the lab counts, 15 come out under the usual reading" in said
    assert "EfficientNet-B4: counted 4.394, printed 4.2, +4.6 %" in said
    assert "Printed parameters: 9 of 10 come out; not EfficientNet-B2: counted 9.11 million, printed 9.2." in said


def test_the_swap_and_the_points_are_said(said: str) -> None:
    assert "scale by depth is counted at 14.57 against a printed 16.2" in said
    assert said.count("look swapped") == 1
    assert "35 rows and points (3 of Table 7, 15 of Figure 3, 5 of Figure 4 and 12 of Figure 8) of 51 cannot" in said
    assert "The lines of Figure 3 and Figure 4 start beyond it" in said
    assert "EfficientNet-B7: counted 37.75, printed 37" in said
    assert "Scale model by resolution (r=2): FLOPs and accuracy of r=1.9 in Figure 3, another multiplier." in said
    assert "torchvision: all 18 counts come out as convolutions and linear layers." in said


def test_one_count_is_said_in_the_singular() -> None:
    text = " ".join(sentence for _, sentences in sections(audit(["efficientnet_b3"])) for sentence in sentences)
    text = text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")
    assert "Table 2: of 1 row whose multiply-adds the lab counts, 1 comes out under the usual reading" in text
    assert "Printed parameters: 1 of 1 comes out." in text
    assert "torchvision: its count comes out as convolutions and linear layers." in text
    assert "mmpretrain: no convention tried explains its count; the largest, fvcore's total, is -3.4 % off." in text


def test_nothing_is_said_about_what_no_row_is_about() -> None:
    titles = [title for title, _ in sections(audit(["resnet18"]))]
    assert titles == ["Other counters"]


def test_the_table_has_every_row(whole: Audit) -> None:
    rows = table(whole)
    assert list(rows.columns) == list(COLUMNS)
    assert len(rows) == len(whole.recounts)
    assert rows["why_not"].notna().sum() == rows["flops_counted"].isna().sum()
    assert rows.loc[rows["label"] == "EfficientNet-B1", "flops_printed"].tolist() == ["0.70"]


def test_every_column_is_documented() -> None:
    documented = (registry.CONF.parent / "results" / "README.md").read_text().partition("audit.csv\n")[2]
    assert re.findall(r"^\| `(\w+)` \|", documented, flags=re.MULTILINE) == list(COLUMNS)


def test_files_and_links(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_audit(
        ["resnet50"], "mine", tmp_path / "results", tmp_path / "reports", ["study=published", "family=resnet50"]
    )
    page = (tmp_path / "reports/mine/index.html").read_text()
    assert len(pd.read_csv(tmp_path / "results/mine/audit.csv")) == 6
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(links) == 3
    assert all((tmp_path / "reports/mine" / link).is_file() for link in links)
    assert not re.search(r"https?://|<script|@import|url\(", page)
    assert "run_sweep.py study=published family=resnet50" in page
    assert capsys.readouterr().out.rstrip().splitlines()[-1].startswith("report: ")


def test_everything_is_escaped(whole: Audit) -> None:
    row = Row("Table <b>", "<script>", "<i>", "", "<u>source", None, why_not="<em>")
    bad = replace(whole, recounts=(recount(row),), statements=[])
    told = [("<h1>", ["<img src=x>"])]
    page = render(contents(bad, told, "<s>name", ["family=<script>"]) | {"figures": []})
    for given in ("<script>", "<u>source", "<s>name", "<img src=x>", "<h3><h1>"):
        assert given not in page
    assert "&lt;u&gt;source" in page


def test_a_report_without_counted_rows_has_no_figure(tmp_path: Path) -> None:
    found = audit(["resnet18"])
    page = write(found, sections(found), "one", tmp_path, [])
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    assert "What other libraries state" in page.read_text()


def test_folders_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"results folder .* cannot be written to"):
        write_audit(["resnet18"], "one", tmp_path / "file", tmp_path)
    with pytest.raises(UserError, match=r"report folder .* cannot be written to"):
        write_audit(["resnet18"], "one", tmp_path, tmp_path / "file")
