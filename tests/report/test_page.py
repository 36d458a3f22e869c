"""The page of a study: contents, escaping, and errors."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.analysis.study_comparison import read_study_comparison
from scaling_lab.errors import UserError
from scaling_lab.report import write_report
from scaling_lab.report.figures import load_figures
from scaling_lab.report.index_page import RECORD
from scaling_lab.store.bits import pack_bits
from scaling_lab.store.keys import form_key
from scaling_lab.store.plan_schema import Skipped
from scaling_lab.store.results import Store
from scaling_lab.store.snapshot import write_snapshot
from scaling_lab.store.table import results_table
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


@pytest.fixture
def undrawn(monkeypatch):
    """Leave out the figures, which take seconds to draw."""
    monkeypatch.setattr("scaling_lab.report.drawings.draw_all", lambda *_: [])


def text(path):
    """Return the visible text: no tags, no styles, single spaces."""
    page = re.sub(r"<(style|script).*?</\1>|<!--.*?-->", "", path.read_text(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


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


def test_page_states_the_question_and_the_findings(report_folder):
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


def test_means_and_half_ranges_are_those_of_the_table(report_folder, quick):
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
        key: replace(one, provenance={**one.provenance, "processor": "<i>fast</i>"}) for key, one in results.items()
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
def test_broken_and_foreign_files_are_counted_and_ignored(quick, tmp_path):
    folder = quick.written(tmp_path / "results")
    (folder / "points" / "cut.json").write_text('{"key": "cut')
    stray, form = next(iter(quick.results.values())), {"is": "another"}
    Store(folder).add_result(replace(stray, key=form_key(form), point=form))
    page = text(write_report(folder, tmp_path / "report"))
    assert "1 result file is unreadable and was left out: cut.json (Unterminated string" in page
    assert "1 result belongs to other plans and is not shown." in page
    assert "30 points 30 done 0 failed 0 missing" in page


@pytest.mark.usefixtures("undrawn")
def test_questions_that_the_plan_leaves_out_are_named(quick, tmp_path):
    first = quick.plan.entries[0].question
    left_out = [Skipped(replace(first, rule="resolution", times_flops=times), "<side>") for times in (8.0, 9.0)]
    plan = replace(quick.plan, skipped=tuple(left_out))
    folder = replace(quick, plan=plan).written(tmp_path / "results")
    store = Store(folder)
    assert write_snapshot(store, plan, results_table(plan, store.read_results()), {})
    assert read_results_folder(folder).skipped == plan.skipped
    page = text(write_report(folder, tmp_path / "report"))
    assert "2 questions that no network answers (&lt;side&gt;)" in page
    assert f"{first.family}, resolution 9\N{MULTIPLICATION SIGN}, seed {first.seed}" in page


@pytest.mark.usefixtures("undrawn")
def test_results_at_chance_are_named_and_in_no_average(quick, tmp_path):
    """A result of ten classes that is at 10 %: its network did not learn."""
    entry, sibling = [e for e in quick.plan.entries if e.question.rule == "width" and e.question.times_flops == 2][:2]
    assert replace(sibling.question, seed=0) == entry.question
    chance = replace(
        quick.results[entry.key],
        test_accuracy=0.1,
        test_correct=pack_bits([i < 200 for i in range(2000)]),
        chance=0.1,
    )
    study = replace(quick, results=quick.results | {entry.key: chance})
    page = text(write_report(study.written(tmp_path / "results"), tmp_path / "report"))
    assert page.count(entry.key) == 3  # the last is its row in the table of points
    assert "at chance" in page
    assert f"{entry.question.family}, width 2\N{MULTIPLICATION SIGN}, seed 0 ({entry.key}), 10.0 %" in page
    alone = quick.results[sibling.key]
    assert f" {100 * alone.test_accuracy:.1f} {100 * alone.held_out_accuracy:.1f} 1 of 2 " in page


@pytest.mark.usefixtures("undrawn")
def test_failures_and_missing_points_are_listed(quick, tmp_path):
    keys = list(quick.results)
    results = {key: quick.results[key] for key in keys[3:]}
    folder = replace(quick, results=results).written(tmp_path / "results")
    Store(folder).add_failure(keys[0], "the loss is not a number")
    page = text(write_report(folder, tmp_path / "report"))
    assert "30 points 27 done 1 failed 2 missing" in page
    assert f"mobilenet_v1_small, baseline, seed 0 ({keys[0]}): the loss is not a number" in page
    assert "2 of 30 points have no result yet." in page
    assert "threads per worker 1 torch" in page


def test_without_results_there_are_no_measured_figures(quick, tmp_path):
    report = tmp_path / "report"
    report.mkdir()
    (report / "accuracy_flops.png").write_bytes(b"of an earlier report")
    page = text(write_report(replace(quick, results={}).written(tmp_path / "results"), report))
    assert "No point has finished" in page
    assert not list(report.glob("*.png"))
    drawn = {path.stem for path in (report / "files").glob("*.png")}
    assert not drawn & {"accuracy_flops", "differences", "figure5"}


@pytest.mark.usefixtures("undrawn")
def test_one_seed(make_study, tmp_path):
    page = text(write_report(make_study(seeds=[7]).written(tmp_path / "results"), tmp_path / "report"))
    assert "1 seed (7)" in page
    assert "No verdict: an interval needs 3 seeds of each rule, and there is 1 seed." in page


@pytest.mark.usefixtures("undrawn")
def test_held_out_budgets_have_a_section(make_study, tmp_path):
    study = make_study(["resnet_small"], rules=["depth"], times=(1, 2, 4, 8), seeds=range(3))
    page = text(write_report(study.written(tmp_path / "results"), tmp_path / "report"))
    assert page.count("Held-out extrapolation") == 1
    assert page.index("Curves:") < page.index("Held-out extrapolation") < page.index("Claims of the papers")
    assert "8\N{MULTIPLICATION SIGN} for depth" in page or "predict 8\N{MULTIPLICATION SIGN}" in page


@pytest.mark.usefixtures("undrawn")
def test_explicit_multipliers(quick, tmp_path):
    first, *rest = quick.plan.entries
    question = replace(first.question, rule="multipliers", rounding="paper", times_flops=None, d=1.4, w=1.2, r=1.3)
    plan = replace(quick.plan, entries=(*rest, replace(first, question=question)))
    page = text(write_report(replace(quick, plan=plan).written(tmp_path / "results"), tmp_path / "report"))
    assert "multipliers d 1.4 w 1.2 r 1.3 1.000" in page


@pytest.mark.usefixtures("undrawn")
def test_mixed_devices_need_the_option(quick, on_device, tmp_path):
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
        return (
            before,
            after[after.index('<section id="tables">') :],
            rest[rest.index('id="data">') : rest.index("<!--")],
        )

    root = Path(__file__).resolve().parents[2]
    written = write_report(root / "results" / study, tmp_path, point_command=point_command)
    assert parts(written) == parts(root / "reports" / study / "index.html")
