"""The page of a study that lacks results, or has files that do not belong to it."""

from dataclasses import replace

import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.report import write_report
from scaling_lab.store.bits import pack_bits
from scaling_lab.store.keys import form_key
from scaling_lab.store.plan_schema import Skipped
from scaling_lab.store.results import Store
from scaling_lab.store.snapshot import write_snapshot
from scaling_lab.store.table import results_table


@pytest.mark.usefixtures("undrawn")
def test_broken_and_foreign_files_are_counted_and_ignored(quick, tmp_path, text):
    folder = quick.written(tmp_path / "results")
    (folder / "points" / "cut.json").write_text('{"key": "cut')
    stray, form = next(iter(quick.results.values())), {"is": "another"}
    Store(folder).add_result(replace(stray, key=form_key(form), point=form))
    page = text(write_report(folder, tmp_path / "report"))
    assert "1 result file is unreadable and was left out: cut.json (Unterminated string" in page
    assert "1 result belongs to other plans and is not shown." in page
    assert "30 points 30 done 0 failed 0 missing" in page


@pytest.mark.usefixtures("undrawn")
def test_questions_that_the_plan_leaves_out_are_named(quick, tmp_path, text):
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
def test_results_at_chance_are_named_and_in_no_average(quick, tmp_path, text):
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
def test_failures_and_missing_points_are_listed(quick, tmp_path, text):
    keys = list(quick.results)
    results = {key: quick.results[key] for key in keys[3:]}
    folder = replace(quick, results=results).written(tmp_path / "results")
    Store(folder).add_failure(keys[0], "the loss is not a number")
    page = text(write_report(folder, tmp_path / "report"))
    assert "30 points 27 done 1 failed 2 missing" in page
    assert f"mobilenet_v1_small, baseline, seed 0 ({keys[0]}): the loss is not a number" in page
    assert "2 of 30 points have no result yet." in page
    assert "threads per worker 1 torch" in page


def test_without_results_there_are_no_measured_figures(quick, tmp_path, text):
    report = tmp_path / "report"
    report.mkdir()
    (report / "accuracy_flops.png").write_bytes(b"of an earlier report")
    page = text(write_report(replace(quick, results={}).written(tmp_path / "results"), report))
    assert "No point has finished" in page
    assert not list(report.glob("*.png"))
    drawn = {path.stem for path in (report / "files").glob("*.png")}
    assert not drawn & {"accuracy_flops", "differences", "figure5"}
