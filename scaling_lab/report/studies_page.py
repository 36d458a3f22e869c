"""One page about several studies: what each trained, the verdicts over all of them, and their networks in one chart."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from scaling_lab.analysis.accuracy_table import make_accuracy_table
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.load import ResultsFolder
from scaling_lab.analysis.pooling.studies import SeveralStudies
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.analysis.text.comparisons import format_level
from scaling_lab.analysis.text.headlines import summarize_comparison
from scaling_lab.analysis.text.settings import list_setting_names
from scaling_lab.formatting import TIMES, format_duration, join_words
from scaling_lab.report.assets import inline_image, read_licenses, read_script, read_vega, to_script_json
from scaling_lab.report.charts import MAIN, SHOWN_PANELS, Charts, make_main_chart, share_axes
from scaling_lab.report.exports import export_tables
from scaling_lab.report.failures import list_failures, list_ignored, list_left_out
from scaling_lab.report.files import (
    FILES_FOLDER,
    INDEX_PAGE,
    draft_folder,
    list_files,
    publish_draft,
    publish_folder,
    render_template,
    shorten_path,
)
from scaling_lab.report.headline import summarize_budgets
from scaling_lab.report.index_page import write_record
from scaling_lab.report.pooled import pooled_sections
from scaling_lab.report.pooled_export import export_pooled

TABLE_KINDS = ("csv", "latex")
STATES = ("done", "failed", "missing")


def write_studies_report(
    studies: SeveralStudies, results: Sequence[Path], report: Path, options: Sequence[str] = ()
) -> Path:
    """Write `index.html` of several studies, and their tables and forest plot as files; return the page's path.

    Args:
        studies: The studies.
        results: Their results folders.
        report: Folder to write to; created if missing.
        options: Words of the command that gives the same `studies`.

    Raises:
        UserError: No result has the metric, or the report folder is not writable.
    """
    values = build_values(studies)
    folders = [shorten_path(path, "results") for path in results]
    command = shlex.join(["scaling-lab", "report", *folders, "--to", shorten_path(report, "reports"), *options])
    with draft_folder(report) as draft:
        drafts = draft / FILES_FOLDER
        drafts.mkdir()
        export_pooled(studies.budgets, drafts, TABLE_KINDS)
        export_tables(_make_tables(studies, values["rows"]), drafts, ("csv",))
        forest = drafts / "forest.png"
        image = inline_image(forest) if forest.exists() else None
        write_record(drafts, values)
        pages = _find_pages(dict(zip(studies.folders, results, strict=True)), report)
        shown = {"forest": image, "files": list_files(drafts), "command": command, "pages": pages}
        page = render_template("scaling_lab.report", "studies.html.j2", values | shown)
        (draft / INDEX_PAGE).write_text(page, encoding="utf-8")
        publish_folder(drafts, report / FILES_FOLDER)
        publish_draft(draft / INDEX_PAGE, report / INDEX_PAGE)
    studies.record_looks("report")
    return report / INDEX_PAGE


def _find_pages(folders: Mapping[str, Path], report: Path) -> dict[str, str | None]:
    """Return the link to the page of each study next to this one; None without such a page, or with a doubtful one."""
    names = {study: path.absolute().name for study, path in folders.items()}
    used = [*names.values(), report.absolute().name]
    return {
        study: f"../{quote(name)}/{INDEX_PAGE}"
        if used.count(name) == 1 and (report.parent / name / INDEX_PAGE).is_file()
        else None
        for study, name in names.items()
    }


def build_values(studies: SeveralStudies) -> dict[str, Any]:
    """Return the template values of the page, not yet escaped."""
    points = _list_points(studies)
    states = {name: int((points["state"] == name).sum()) for name in STATES}
    charts = _make_charts(studies.comparisons)
    return {
        "study": " + ".join(studies.folders),
        "metric": "" if studies.scoring.metric.has_answers else studies.scoring.metric.label,
        "question": f"{len(studies.folders)} studies side by side.",
        "points": len(points),
        "states": states,
        "computing": _describe_computing(points),
        "unlearned": [
            f"{name}: {sentence}" for name, folder in studies.folders.items() for sentence in folder.unlearned[:1]
        ],
        "summary": summarize_budgets(studies.budgets),
        "no_verdict": studies.no_verdict,
        "rows": [_describe_study(name, study) for name, study in studies.comparisons.items()],
        "pooled": pooled_sections(studies.budgets),
        "failed": {name: _list_failed(folder) for name, folder in studies.folders.items()},
        "headlines": {name: _list_headlines(study) for name, study in studies.comparisons.items()},
        "notes": studies.notes,
        "main": charts.charts.get(MAIN),
        "filters": charts.filters,
        "shown_panels": SHOWN_PANELS,
        "static": {},
        "chart_note": "",
        "data": to_script_json(charts.to_json() | {"measures": {}, "columns": {}}),
        "script": read_script(),
        "vega": read_vega() if charts.charts else "",
        "licenses": read_licenses(),
    }


def _list_points(studies: SeveralStudies) -> pd.DataFrame:
    """Return key, state and seconds of each point once: of a point of several studies, those of the best state."""
    tables = [folder.table[["key", "state", "point_seconds"]] for folder in studies.folders.values()]
    points = pd.concat(tables, ignore_index=True)
    return points.sort_values("state", key=lambda states: states.map(STATES.index)).drop_duplicates("key")


def _list_failed(folder: ResultsFolder) -> dict[str, Any]:
    """Return the arguments of the template's `failed_points` for one study."""
    points = folder.table.drop_duplicates("key")
    return {
        "states": {name: int((points["state"] == name).sum()) for name in STATES},
        "points": len(points),
        "ignored": [*list_left_out(folder.skipped), *list_ignored(folder.stored, points)],
        "failures": list_failures(folder.stored, points),
        "is_imported": folder.is_imported,
    }


def _make_tables(studies: SeveralStudies, rows: Sequence[Mapping[str, str]]) -> dict[str, pd.DataFrame]:
    """Return the table of studies, and the networks of each with the name of the study."""
    networks = []
    for name, study in studies.comparisons.items():
        table = make_accuracy_table(study.table, study.by_accuracy, study.folder.stored.failures)
        networks.append(table.assign(study=name)[["study", *table.columns]])
    return {"studies": pd.DataFrame(rows), "accuracy": pd.concat(networks, ignore_index=True)}


def _make_charts(comparisons: Mapping[str, StudyComparison]) -> Charts:
    """Return the main chart over all studies, with a panel for each setting of each study."""
    tables, accuracies = [], []
    for name, study in comparisons.items():
        table = _at_recipe_lr(study.table)
        table = table.assign(family=table["family"] + f" ({name})")
        tables.append(table)
        accuracies.append(make_accuracy_table(table, collect_evidence(table, study.looks)))
    together = pd.concat([study.table for study in comparisons.values()], ignore_index=True)
    networks, means = pd.concat(tables, ignore_index=True), pd.concat(accuracies, ignore_index=True)
    return make_main_chart(networks, means, share_axes(together))


def _at_recipe_lr(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows at the recipe's own learning rate, or all if there are none."""
    at_recipe = table[table["lr_times"] == 1]
    return table if at_recipe.empty else at_recipe


def _describe_study(name: str, study: StudyComparison) -> dict[str, str]:
    table = study.table
    points = table.drop_duplicates("key")
    done = points[points["state"] == "done"]
    scaled = table[table["times_flops"] != 1]
    epochs = sorted({int(value) for value in pd.to_numeric(done["epochs"], errors="coerce").dropna()})
    apart = sum(pair.is_significant for comparison in study.budget_comparisons for pair in comparison.pairs)
    tested = sum(pair.p is not None for comparison in study.budget_comparisons for pair in comparison.pairs)
    return {
        "study": name,
        "families": join_words(map(str, table["family"].unique())),
        "data": join_words(map(str, table["dataset"].unique())),
        "recipes": join_words(map(str, table["recipe"].unique())),
        "epochs": join_words(map(str, epochs)),
        "rules": join_words(map(str, scaled["rule"].unique())),
        "budgets": _describe_budgets(scaled["times_flops"].dropna()),
        "seeds": str(table["seed"].nunique()),
        "points": f"{len(done)} of {len(points)}",
        "verdicts": f"{apart} of {tested}",
        "computing": _describe_computing(done),
    }


def _describe_computing(points: pd.DataFrame) -> str:
    """Return the time that points took; empty for imported ones, which do not have it."""
    seconds = pd.to_numeric(points["point_seconds"], errors="coerce").dropna()
    return "" if seconds.empty else format_duration(float(seconds.sum()))


def _describe_budgets(times: "pd.Series[float]") -> str:
    """Return the budgets in words, of more than two the number and the ends."""
    names = [f"{budget:g}{TIMES}" for budget in sorted(set(times))]
    return join_words(names) if len(names) < 3 else f"{len(names)} budgets, {names[0]} to {names[-1]}"


def _list_headlines(study: StudyComparison) -> list[tuple[str, str]]:
    names = list_setting_names(comparison.setting for comparison in study.budget_comparisons)
    return [
        (format_level(comparison, names[comparison.setting]), summarize_comparison(comparison))
        for comparison in study.budget_comparisons
    ]
