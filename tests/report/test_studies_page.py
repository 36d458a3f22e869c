"""The page about several studies, and the page that lists all reports of a folder."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.cli import main
from scaling_lab.formatting import format_duration
from scaling_lab.report import write_index
from scaling_lab.store.results import Store


@pytest.fixture(scope="module")
def reports(make_study, tmp_path_factory):
    """Return a folder reports/ with the page about two studies, one of which is called <b>."""
    with pytest.MonkeyPatch.context() as patch:
        at = tmp_path_factory.mktemp("several")
        patch.chdir(at)
        for name, families in (("a", ["resnet_small", "<i>"]), ("<b>", ["mobilenet_v1_small"])):
            study = make_study(families, times=(1, 2), seeds=range(3))
            replace(study, plan=replace(study.plan, study=name)).written(at / "results" / name)
        assert main(["report", "results/a", "results/<b>"]) == 0
        yield at / "reports"


def test_studies_stand_side_by_side_with_pooled_verdicts(reports):
    page = (reports / "pooled/index.html").read_text()
    assert "resnet_<wbr>small" in page
    rows = re.findall(r'<tr class="row"><th>(.*?)</th><td class="left wrap">(.*?)</td>', page.replace("<wbr>", ""))
    assert [(name, families.strip()) for name, families in rows[:2]] == [
        ("a", "resnet_small and &lt;i&gt;"),
        ("&lt;b&gt;", "mobilenet_v1_small"),
    ]
    assert "Over 3 settings at 2" in page
    assert "<i>" not in page.replace("<i>out of scope", "")
    assert {path.name for path in (reports / "pooled/files").iterdir()} >= {"pooled.csv", "forest.png", "study.json"}
    assert "scaling-lab report results/a &#39;results/&lt;b&gt;&#39; --to reports/pooled" in page


def test_the_chart_has_a_panel_for_each_setting_of_each_study(reports):
    page = (reports / "pooled/index.html").read_text()
    data = json.loads(re.search(r'id="data">(.*?)</script>', page).group(1))
    assert set(data["charts"]) == {"accuracy_flops"}
    assert data["charts"]["accuracy_flops"]["panels"] == 3
    panels = data["charts"]["accuracy_flops"]["spec"]["facet"]["sort"]
    assert panels == ["resnet_small (a)", "<i> (a)", "mobilenet_v1_small (<b>)"]


def test_the_index_lists_every_report(reports):
    (reports / "old").mkdir()
    (reports / "old/index.html").write_text("")
    (reports / "broken/files").mkdir(parents=True)
    (reports / "broken/index.html").write_text("")
    (reports / "broken/files/study.json").write_text('{"summary": 3, "study": "<u>"}')
    (reports / "no report").mkdir()
    page = write_index(reports).read_text()
    assert re.findall(r'<h2><a href="(.*?)">(.*?)</a>', page) == [
        (f"{name}/index.html", name) for name in ("broken", "old", "pooled")
    ]
    assert "pair of rules" in html.unescape(page)
    assert "<u>" not in page


def test_equal_studies_and_a_file_in_place_of_reports_are_refused(reports, capsys, monkeypatch):
    monkeypatch.chdir(reports.parent)
    assert main(["report", "results/a", "results/a"]) == 2
    assert "twice" in capsys.readouterr().err
    assert main(["report", "results/a", "results/nowhere"]) == 2
    assert "results/nowhere" in capsys.readouterr().err


def test_failures_files_and_pages_of_each_study_are_there(make_study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        study = make_study([name], times=(1, 2), seeds=range(2))
        failed, *finished = study.results if name == "b" else ("", *study.results)
        results = {key: study.results[key] for key in finished}
        folder = replace(study, plan=replace(study.plan, study=name), results=results).written(Path("results") / name)
        if failed:
            Store(folder).add_failure(failed, "diverged <b>")
    assert main(["report", "results/a"]) == 0
    assert main(["report", "results/a", "results/b", "--to", "reports/both"]) == 0
    page = Path("reports/both/index.html").read_text()
    assert '<a href="../a/index.html">a</a>' in page
    assert "../b/index.html" not in page
    assert "diverged &lt;b&gt;" in page
    sections = re.search(r'<nav aria-label="Sections">(.*?)</nav>', page, re.DOTALL).group(1)
    for section in re.findall(r'href="#(.*?)"', sections):
        assert f'<section id="{section}">' in page
    tables = [read_results_folder(Path("results") / name).table.drop_duplicates("key") for name in "ab"]
    computing = re.search(r"<b>(.*?)</b>computing", page).group(1)
    assert computing == format_duration(sum(table["point_seconds"].sum() for table in tables))
    networks = pd.read_csv("reports/both/files/accuracy.csv")
    assert set(networks["study"]) == {"a", "b"}
    assert len(pd.read_csv("reports/both/files/studies.csv")) == 2
    for link in re.findall(r'href="(files/.*?)"', page):
        assert (Path("reports/both") / link).exists()
