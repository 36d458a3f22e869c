"""Render a results folder as one HTML page with everything in it, and figures and tables as files."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scaling_lab.analysis.study_comparison import StudyComparison, read_study_comparison
from scaling_lab.formatting import format_sweep_command
from scaling_lab.report.assets import read_licenses, read_script, read_vega, to_compressed_json, to_script_json
from scaling_lab.report.charts import MAIN, SHOWN_PANELS, make_charts
from scaling_lab.report.contents import build_contents
from scaling_lab.report.drawings import draw_figures
from scaling_lab.report.exports import build_export_tables, build_main_tables, export_tables
from scaling_lab.report.figures import list_figures
from scaling_lab.report.files import (
    FILES_FOLDER,
    INDEX_PAGE,
    OLD_FIGURES,
    draft_folder,
    list_files,
    publish_draft,
    publish_folder,
    remove_old_figures,
    render_template,
    shorten_path,
)
from scaling_lab.report.histories import MEASURES, describe_lost
from scaling_lab.report.index_page import write_record
from scaling_lab.report.point_rows import MAX_POINTS, NO_POINTS, PointCommand, PointRows, make_point_rows

TABLE_KINDS = ("csv", "latex")
AGGREGATED = (
    f"Of more than {MAX_POINTS:,} points, charts show the means of networks alone, and static figures are left to "
    "scaling-lab figure; every point is in table.csv of the results folder."
)


def write_report(
    results: Path,
    report: Path,
    study: StudyComparison | None = None,
    options: Sequence[str] = (),
    point_command: PointCommand | None = None,
) -> Path:
    """Write `index.html` of a results folder, and its figures and tables as files, and return the path of the page.

    Each file is replaced atomically, the page last.

    Args:
        results: results folder of the study.
        report: folder to write to; created if missing.
        study: the study as already read from `results`, with what its networks are compared by; by accuracy if None.
        options: words of the command that gives the same `study`.
        point_command: returns the command of a point; None leaves the commands of points out.

    Raises:
        UserError: see `scaling_lab.analysis.load.read_results_folder`; also if the report folder is not writable.
    """
    study = study or read_study_comparison(results)
    contents = build_contents(study)
    points = make_point_rows(study.folder, point_command)
    is_large = points is NO_POINTS
    tables = build_main_tables(study) if is_large else build_export_tables(study, study.metric.has_answers)
    with draft_folder(report) as draft:
        drafts = draft / FILES_FOLDER
        drafts.mkdir()
        static = {} if is_large else draw_figures(study, drafts)
        export_tables(tables, drafts, TABLE_KINDS)
        shown = _interactive_values(study, tables["accuracy"], points) | {
            "static": static,
            "files": list_files(drafts),
            "commands": _commands(results, report, options, study.folder.commands),
        }
        write_record(drafts, contents)
        (draft / INDEX_PAGE).write_text(render_page(contents | shown), encoding="utf-8")
        publish_folder(drafts, report / FILES_FOLDER)
        publish_draft(draft / INDEX_PAGE, report / INDEX_PAGE)
        remove_old_figures(report, (*list_figures(), *OLD_FIGURES))
    study.folder.record_look("report")
    return report / INDEX_PAGE


def render_page(values: dict[str, Any]) -> str:
    """Return the page as HTML. Everything that comes from a study is escaped."""
    return render_template("scaling_lab.report", "page.html.j2", values)


def _interactive_values(study: StudyComparison, accuracies: Any, points: PointRows) -> dict[str, Any]:
    """Return the template values of charts, of the table of points, and of what the page's script reads."""
    charts = make_charts(study, accuracies, points.histories, with_points=bool(points.rows))
    networks = charts.datasets["networks"]
    data = {
        **charts.to_json(),
        "columns": {name: networks[name] for name in ("key", "panel")},
        "measures": MEASURES,
    }
    table, is_imported = study.table, study.folder.is_imported
    finished = set(table.loc[table["state"] == "done", "key"]) if points.rows else set()
    others = [chart for name, chart in charts.charts.items() if name != MAIN]
    return {
        "main": charts.charts.get(MAIN),
        "charts": others,
        "chart_names": list(charts.charts),
        "filters": charts.filters,
        "shown_panels": SHOWN_PANELS,
        "point_rows": points,
        "curves_note": describe_lost(finished, points.histories, is_imported),
        "chart_note": AGGREGATED if points is NO_POINTS else "",
        "data": to_script_json(data),
        "details": to_compressed_json(points.details) if points.rows else "",
        "script": read_script(),
        "vega": read_vega() if charts.charts else "",
        "licenses": read_licenses(),
    }


def _commands(results: Path, report: Path, options: Sequence[str], commands: Sequence[Sequence[str]]) -> list[str]:
    """Return the commands that train the study, and the one that writes its report again."""
    train = [format_sweep_command("sweep", overrides) for overrides in commands]
    again = ["scaling-lab", "report", shorten_path(results, "results"), "--to", shorten_path(report, "reports")]
    added = [f"{command} on_other_plan=extend" for command in train[1:]]
    return [*train[:1], *added, shlex.join([*again, *options])]
