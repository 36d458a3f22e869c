"""The page of a study: contents, escaping, and errors."""

import base64
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from scaling_lab.analysis.study_comparison import read_study_comparison
from scaling_lab.errors import UserError
from scaling_lab.report import write_report
from scaling_lab.report.figures import load_figures
from scaling_lab.report.index_page import RECORD
from scaling_lab.store.results import Store
from scaling_lab.study.point_command import point_command

DRAWN = ("accuracy_flops", "differences", "figure3", "figure8")


@pytest.fixture(scope="module")
def report_folder(quick, tmp_path_factory):
    """Return the report folder of a finished study, with four of its figures, because drawing takes seconds."""
    at = tmp_path_factory.mktemp("report")

    def load_some(*settings, **more):
        return {name: figure for name, figure in load_figures(*settings, **more).items() if name in DRAWN}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scaling_lab.report.figures.drawing.load_figures", load_some)
        return write_report(quick.written(at / "results"), at / "report").parent


def test_writes_one_page_and_its_figures_and_tables_as_files(report_folder):
    assert {path.name for path in report_folder.iterdir()} == {"files", "index.html"}
    files = {path.name for path in (report_folder / "files").iterdir()}
    assert {f"{name}.{kind}" for name in DRAWN for kind in ("png", "svg", "pdf")} <= files
    assert {f"{name}.{kind}" for name in ("accuracy", "verdicts", "claims") for kind in ("csv", "tex")} <= files


def test_page_needs_no_other_file_and_its_links_exist(report_folder):
    page = (report_folder / "index.html").read_text()
    without_library = re.sub(r"<!--.*?-->|<script.*?</script>", "", page, flags=re.DOTALL)
    links = re.findall(r'(?:src|href)="([^"#]*)"', without_library)
    images = [link for link in links if link.startswith("data:image/webp;base64,")]
    files = [link for link in links if link.startswith("files/")]
    assert len(images) == len(list((report_folder / "files").glob("*.png")))
    assert len(images) + len(files) == len(links)
    assert all((report_folder / link).is_file() for link in files)
    assert {f"files/{path.name}" for path in (report_folder / "files").iterdir()} - {f"files/{RECORD}"} == set(files)
    assert not re.search(r"https?://|@import|url\(", without_library)
    assert len(page) < 3_000_000


def test_page_states_the_question_and_the_findings(report_folder, text):
    page = text(report_folder / "index.html")
    assert "48 questions, 30 points" in page
    assert "30 points 30 done 0 failed 0 missing" in page
    assert page.count("No verdict: an interval needs 3 seeds of each rule, and there are 2 seeds.") == 3
    order = ["No verdict: an interval", "Accuracy against cost", "Claims of the papers", "Requested and obtained costs"]
    places = [page.index(words) for words in [*order, "Every point", "Failures, and", "Environment and compute"]]
    assert places == sorted(places)
    assert "every point of the plan has a result" in page
    assert "scaling-lab sweep study=quick times_flops=1,2" in page
    assert "scaling-lab report results/results --to reports/report" in page
    assert "2.13.0" in page
    assert "a processor" in page


def test_every_network_has_one_row_of_costs(report_folder, quick):
    page = (report_folder / "index.html").read_text()
    table = quick.table()
    networks = table.drop_duplicates(subset=["family", "flops", "depths", "widths", "side"])
    assert page.count('<tr class="row"><th title=') == 2 * len(networks)
    for family, rows in table.groupby("family"):
        assert page.count(f">{family}</th>") == 2 * sum(networks["family"] == family)
        for flops in rows["flops"]:
            assert f"<td>{flops / 1e6:,.2f}</td>" in page


def test_means_and_half_ranges_are_those_of_the_table(report_folder, quick, text):
    page = text(report_folder / "index.html")
    table = quick.table()
    scaled = table[table["times_flops"] == 2]
    for _, seeds in (100 * scaled["test_accuracy"]).groupby([scaled["family"], scaled["rule"]]):
        assert f"{seeds.mean():.1f} \N{PLUS-MINUS SIGN} {(seeds.max() - seeds.min()) / 2:.1f} " in page


@pytest.mark.usefixtures("undrawn")
def test_every_value_of_a_study_is_escaped(make_study, tmp_path):
    study = make_study(families=["<script>alert(1)</script>"], rules=["<b>rule</b>"])
    keys = list(study.results)
    results = {key: study.results[key] for key in keys[1:]}
    results = {
        key: replace(result, provenance={**result.provenance, "processor": "<i>fast</i>"})
        for key, result in results.items()
    }
    plan = replace(study.plan, study="<u>name</u>", asked=("family=<script>",))
    folder = replace(study, plan=plan, results=results).written(tmp_path / "results")
    Store(folder).add_failure(keys[0], "<img src=x>")
    (folder / "points" / "<em>.json").write_text("{")
    page = write_report(folder, tmp_path / "report").read_text()
    for given in ("<script>alert(1)", "<b>rule", "<i>fast", "<u>name", "<em>", "<img src=x>"):
        assert given not in page
        assert given.replace("<", "&lt;").replace(">", "&gt;") in page


@pytest.mark.usefixtures("undrawn")
def test_one_seed(make_study, tmp_path, text):
    page = text(write_report(make_study(seeds=[7]).written(tmp_path / "results"), tmp_path / "report"))
    assert "1 seed (7)" in page
    assert "No verdict: an interval needs 3 seeds of each rule, and there is 1 seed." in page


@pytest.mark.usefixtures("undrawn")
def test_held_out_budgets_have_a_section(make_study, tmp_path, text):
    study = make_study(["resnet_small"], rules=["depth"], times=(1, 2, 4, 8), seeds=range(3))
    page = text(write_report(study.written(tmp_path / "results"), tmp_path / "report"))
    assert page.count("Held-out extrapolation") == 1
    assert page.index("Curves:") < page.index("Held-out extrapolation") < page.index("Claims of the papers")
    assert "8\N{MULTIPLICATION SIGN} for depth" in page or "predict 8\N{MULTIPLICATION SIGN}" in page


@pytest.mark.usefixtures("undrawn")
def test_explicit_multipliers(quick, tmp_path, text):
    first, *rest = quick.plan.entries
    question = replace(first.question, rule="multipliers", rounding="paper", times_flops=None, d=1.4, w=1.2, r=1.3)
    plan = replace(quick.plan, entries=(*rest, replace(first, question=question)))
    page = text(write_report(replace(quick, plan=plan).written(tmp_path / "results"), tmp_path / "report"))
    assert "multipliers d 1.4 w 1.2 r 1.3 1.000" in page


@pytest.mark.usefixtures("undrawn")
def test_mixed_devices_need_the_option(quick, on_device, tmp_path, text):
    folder = on_device(quick, "cuda").written(tmp_path / "results")
    with pytest.raises(UserError, match="several devices"):
        write_report(folder, tmp_path / "report")
    assert not (tmp_path / "report").exists()
    study = read_study_comparison(folder, mixed_devices=True)
    page = text(write_report(folder, tmp_path / "report", study, ["--mixed-devices"]))
    assert "device cpu and cuda" in page
    assert "--mixed-devices" in page


@pytest.mark.usefixtures("undrawn")
def test_a_report_that_fails_leaves_the_old_page(quick, tmp_path, monkeypatch):
    report = tmp_path / "report"
    report.mkdir()
    (report / "index.html").write_text("old")
    monkeypatch.setattr("scaling_lab.report.page.render_page", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(quick.written(tmp_path / "results"), report)
    assert [path.name for path in report.iterdir()] == ["index.html"]
    assert (report / "index.html").read_text() == "old"


@pytest.mark.usefixtures("undrawn")
def test_report_folder_that_is_a_file(quick, tmp_path):
    (tmp_path / "report").write_text("")
    with pytest.raises(UserError, match="cannot be written to"):
        write_report(quick.written(tmp_path / "results"), tmp_path / "report")


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("study", ["quick-reference", "rules-reference"])
def test_the_committed_pages_are_up_to_date(study, tmp_path):
    """If this fails: `python -m scaling_lab report results/quick-reference` (or `rules-reference`) writes it again."""

    def parts(path):
        drawn = (
            r'<div class="drawn">.*?</div>\n|<figcaption class="of-drawn">.*?</figcaption>\n|'
            r' class="(chart-only|narrow)?"'
        )
        page = re.sub(drawn, "", path.read_text(), flags=re.DOTALL)
        before, _, after = page.partition('<section id="figures">')
        after, _, rest = after.partition('<section id="reproduce">')
        data, details = re.findall(r'id="(?:data|details)">(.*?)</script>', rest, flags=re.DOTALL)
        return (
            before,
            after[after.index('<section id="tables">') :],
            data,
            json.loads(gzip.decompress(base64.b64decode(details))),
        )

    root = Path(__file__).resolve().parents[2]
    written = write_report(root / "results" / study, tmp_path, point_command=point_command)
    assert parts(written) == parts(root / "reports" / study / "index.html")
