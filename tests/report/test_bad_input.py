"""Studies that lack something: an honest page, or one line with exit status 2."""

import re
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from scaling_lab.analysis.study_comparison import read_study_comparison
from scaling_lab.cli import main
from scaling_lab.errors import UserError
from scaling_lab.report import write_report
from scaling_lab.report.exports import build_export_tables, export_tables
from scaling_lab.report.figures import draw_figure
from scaling_lab.store.results import Store
from scaling_lab.store.snapshot import write_snapshot
from scaling_lab.store.table import results_table

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture
def write(tmp_path):
    """Return a function that writes the page of a study and returns the HTML."""
    return lambda study: write_report(study.written(tmp_path / "results"), tmp_path / "report").read_text()


def test_without_a_plan_there_is_one_line(quick, tmp_path, capsys):
    folder = quick.written(tmp_path / "results")
    (folder / "plan.json").unlink()
    assert main(["report", str(folder), "--to", str(tmp_path / "report")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "plan.json" in error
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(("times", "results"), [((1,), 1), ((1,), 0), ((), 0)])
def test_one_point_no_result_and_no_question(make_study, write, times, results, text):
    study = make_study(["b"], rules=["depth"], times=times, seeds=[0])
    page = write(replace(study, results=dict(list(study.results.items())[:results])))
    assert not re.search(r"\b(nan|inf|NaN)\b|\bNone\b(?!:)", text(page))
    assert f"<b>{results}</b>done" in page
    assert ("The plan has no questions." in page) == (not times)


def test_a_column_that_the_table_lacks_is_named(quick, tmp_path):
    study = read_study_comparison(quick.written(tmp_path / "results"))
    folder = replace(study.folder, table=study.table.drop(columns="params"))
    for kind in ("accuracy_costs", "figure1"):
        with pytest.raises(UserError, match=rf"figure {kind} .*params"):
            draw_figure(replace(study, folder=folder), kind)


@pytest.mark.parametrize("seeds", [1, 3])
def test_types_of_exports_do_not_depend_on_what_is_missing(make_study, tmp_path, seeds):
    """Of a study without test losses, intervals or latencies, whole columns are empty."""
    full = make_study(["resnet_small"], times=(1, 2), seeds=range(3))
    results = {
        key: replace(result, latency_seconds=0.01, test_loss=0.5, test_top5=0.99, peak_memory=5)
        for key, result in full.results.items()
    }
    bare = make_study(["resnet_small"], times=(1, 2), seeds=range(seeds))
    types = []
    for name, study in (("full", replace(full, results=results)), ("bare", bare)):
        tables = build_export_tables(read_study_comparison(study.written(tmp_path / name)))
        paths = export_tables(tables, tmp_path / f"{name}-tables", ["parquet"])
        types.append({path.stem: {field.name: field.type for field in pq.read_schema(path)} for path in paths})
    assert types[1].keys() <= types[0].keys()
    assert all(types[0][name] == columns for name, columns in types[1].items())
    assert {"accuracy", "verdicts"} <= types[1].keys()


def test_a_sealed_study_without_result_files_says_that_curves_are_gone(quick, tmp_path, write):
    assert "no learning curves" not in write(quick)
    folder = tmp_path / "results"
    store = Store(folder)
    write_snapshot(store, quick.plan, results_table(quick.plan, store.read_results()), {}, stands_alone=True)
    for path in (folder / "points").glob("*.json"):
        path.unlink()
    page = write_report(folder, tmp_path / "report").read_text()
    assert page.count("no learning curves") == 1


def test_above_the_limit_the_page_is_about_networks(quick, write, monkeypatch):
    monkeypatch.setattr("scaling_lab.report.point_rows.MAX_POINTS", 10)
    monkeypatch.setattr("scaling_lab.report.contents.MAX_POINTS", 10)
    monkeypatch.setattr("scaling_lab.report.contents.MAX_NETWORKS", 7)
    page = write(quick)
    networks = len(quick.table().drop_duplicates(subset=["family", "flops", "depths", "widths", "side"]))
    assert 'id="points"' not in page
    assert 'data-chart="accuracy_flops"' in page
    assert page.count('<tr class="row"><th title=') == 2 * 7
    assert f"{networks - 7} more are in files/accuracy.csv" in page
