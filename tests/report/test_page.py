"""The page of a study: what it says, what it escapes, what it refuses."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from scaling_lab.errors import UserError
from scaling_lab.report import write_report
from scaling_lab.store.results import Store


@pytest.fixture(scope="module")
def whole(quick, tmp_path_factory):
    """Folder of the report of a finished study."""
    at = tmp_path_factory.mktemp("whole")
    return write_report(quick.written(at / "results"), at / "report").parent


@pytest.fixture
def undrawn(monkeypatch):
    """Leaves the figures out, which take seconds."""
    monkeypatch.setattr("scaling_lab.report.page._draw_figures", lambda *_: [])


def text(path):
    """What a reader sees: no tags, no styles, single spaces."""
    page = re.sub(r"<style>.*?</style>", "", path.read_text(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_writes_page_and_figures_and_nothing_else(whole):
    names = {"accuracy_flops", "accuracy_multipliers", "differences", "published_scaling"}
    figures = {f"{name}.{kind}" for name in names for kind in ("png", "svg")}
    assert {path.name for path in whole.iterdir()} == figures | {"index.html"}


def test_opens_without_network_and_its_links_lead_somewhere(whole):
    page = (whole / "index.html").read_text()
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(links) == 12
    assert all((whole / link).is_file() for link in links)
    assert not re.search(r"https?://|<script|@import|url\(", page)


def test_says_what_was_asked_and_what_can_be_said(whole):
    page = text(whole / "index.html")
    assert "48 questions came to 30 points" in page
    assert "30 points 30 done 0 failed 0 missing" in page
    assert page.count("No winner can be named: with 2 seeds, and fewer than 3, no interval can be given.") == 3
    assert page.index("No winner can be named") < page.index("Figures") < page.index("Costs, asked and got")
    assert "Nothing: every point of the plan has a result" in page
    assert "python run_sweep.py study=quick times_flops=1,2" in page
    assert "python -m scaling_lab report results/results --to reports/report" in page
    assert "2.13.0" in page
    assert "a processor" in page


def test_every_network_has_its_costs_once(whole, quick):
    page = (whole / "index.html").read_text()
    table = quick.table()
    networks = table.drop_duplicates(subset=["family", "flops", "depths", "widths", "side"])
    assert page.count('<tr class="row">') == 2 * len(networks)
    for family, rows in table.groupby("family"):
        assert page.count(f">{family}</th>") == 2
        for flops in rows["flops"]:
            assert f"<td>{flops / 1e6:,.2f}</td>" in page


def test_means_and_half_ranges_are_those_of_the_table(whole, quick):
    page = text(whole / "index.html")
    table = quick.table()
    scaled = table[table["times_flops"] == 2]
    for _, seeds in (100 * scaled["test_accuracy"]).groupby([scaled["family"], scaled["rule"]]):
        assert f"{seeds.mean():.1f} \N{PLUS-MINUS SIGN} {(seeds.max() - seeds.min()) / 2:.1f} " in page


@pytest.mark.usefixtures("undrawn")
def test_everything_given_is_escaped(make_study, tmp_path):
    study = make_study(families=["<script>alert(1)</script>"], rules=["<b>rule</b>"])
    keys = list(study.results)
    kept = {key: study.results[key] for key in keys[1:]}
    kept = {key: replace(one, provenance={**one.provenance, "processor": "<i>fast</i>"}) for key, one in kept.items()}
    plan = replace(study.plan, study="<u>name</u>", asked=("family=<script>",))
    folder = replace(study, plan=plan, results=kept).written(tmp_path / "results")
    Store(folder).add_failure(keys[0], "<img src=x>")
    (folder / "points" / "<em>.json").write_text("{")
    page = write_report(folder, tmp_path / "report").read_text()
    for given in ("<script>", "<b>rule", "<i>fast", "<u>name", "<em>", "<img src=x>"):
        assert given not in page
        assert given.replace("<", "&lt;").replace(">", "&gt;") in page


@pytest.mark.usefixtures("undrawn")
def test_broken_and_foreign_files_are_counted_and_lose_nothing_else(quick, tmp_path):
    folder = quick.written(tmp_path / "results")
    (folder / "points" / "cut_short.json").write_text('{"key": "cut')
    stray = next(iter(quick.results.values()))
    Store(folder).add_result(replace(stray, key="another"))
    page = text(write_report(folder, tmp_path / "report"))
    assert "1 result file cannot be read and was ignored: cut_short.json." in page
    assert "1 result answers no question of this plan and is not shown." in page
    assert "30 points 30 done 0 failed 0 missing" in page


@pytest.mark.usefixtures("undrawn")
def test_failures_and_missing_points_are_told(quick, tmp_path):
    keys = list(quick.results)
    kept = {key: quick.results[key] for key in keys[3:]}
    folder = replace(quick, results=kept).written(tmp_path / "results")
    Store(folder).add_failure(keys[0], "the loss is not a number")
    page = text(write_report(folder, tmp_path / "report"))
    assert "30 points 27 done 1 failed 2 missing" in page
    assert f"mobilenet_v1_small, baseline, seed 0 ({keys[0]}): the loss is not a number" in page
    assert "2 of 30 points have no result yet." in page
    assert "threads a worker 1 torch" in page


def test_no_result_no_measured_figure(quick, tmp_path):
    report = tmp_path / "report"
    report.mkdir()
    (report / "accuracy_flops.png").write_bytes(b"of an earlier report")
    page = text(write_report(replace(quick, results={}).written(tmp_path / "results"), report))
    assert "No point has finished: nothing is measured yet" in page
    assert {path.name for path in report.glob("*.png")} == {"published_scaling.png"}


@pytest.mark.usefixtures("undrawn")
def test_one_seed(make_study, tmp_path):
    page = text(write_report(make_study(seeds=[7]).written(tmp_path / "results"), tmp_path / "report"))
    assert "1 seed (7)" in page
    assert "No winner can be named: with 1 seed, and fewer than 3, no interval can be given." in page


@pytest.mark.usefixtures("undrawn")
def test_explicit_multipliers(quick, tmp_path):
    first, *rest = quick.plan.entries
    question = replace(first.question, rule="multipliers", rounding="paper", times_flops=None, d=1.4, w=1.2, r=1.3)
    plan = replace(quick.plan, entries=(*rest, replace(first, question=question)))
    page = text(write_report(replace(quick, plan=plan).written(tmp_path / "results"), tmp_path / "report"))
    assert "multipliers d 1.4 w 1.2 r 1.3 1.000" in page


@pytest.mark.usefixtures("undrawn")
def test_devices_are_not_mixed_unless_told(quick, on_device, tmp_path):
    folder = on_device(quick, "cuda").written(tmp_path / "results")
    with pytest.raises(UserError, match="several devices"):
        write_report(folder, tmp_path / "report")
    assert not (tmp_path / "report").exists()
    page = text(write_report(folder, tmp_path / "report", mixed_devices=True))
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
def test_the_committed_page_says_what_the_lab_says_today(study, tmp_path):
    """Were this to fail: `python run_sweep.py name=quick-reference` (`study=rules name=rules-reference`) writes it."""

    def parts(path):
        page = path.read_text()
        before, _, after = page.partition("<h2>Figures</h2>")
        return before, after[after.index("<h2>Accuracy</h2>") : after.index("<h2>Make it again</h2>")]

    root = Path(__file__).resolve().parents[2]
    assert parts(write_report(root / "results" / study, tmp_path)) == parts(root / "reports" / study / "index.html")
