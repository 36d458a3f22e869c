"""Render a results folder as figures and an HTML page."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scaling_lab.analysis.study_comparison import StudyComparison, read_study_comparison
from scaling_lab.formatting import format_sweep_command
from scaling_lab.report.contents import build_contents
from scaling_lab.report.figures import draw_all, list_figures
from scaling_lab.report.files import FIGURE_FORMATS, INDEX_PAGE, draft_folder, publish_drafts, render_template


def write_report(
    results: Path, report: Path, study: StudyComparison | None = None, options: Sequence[str] = ()
) -> Path:
    """Write the figures and `index.html` of a results folder and return the path of the page.

    Each file is replaced atomically, the page last.

    Args:
        results: results folder of the study.
        report: folder to write to; created if missing.
        study: the study as already read from `results`, with what its networks are compared by; by accuracy if None.
        options: words of the command that gives the same `study`.

    Raises:
        UserError: see `scaling_lab.analysis.load.read_results_folder`; also if the report folder is not writable.
    """
    study = study or read_study_comparison(results)
    contents = build_contents(study)
    with draft_folder(report) as draft:
        shown = {
            "figures": _draw_figures(study, draft),
            "commands": _commands(results, report, options, study.folder.commands),
        }
        (draft / INDEX_PAGE).write_text(render_page(contents | shown), encoding="utf-8")
        for name in list_figures():
            publish_drafts(draft, report, [f"{name}.{kind}" for kind in FIGURE_FORMATS])
        publish_drafts(draft, report, [INDEX_PAGE])
    study.folder.record_look("report")
    return report / INDEX_PAGE


def render_page(values: dict[str, Any]) -> str:
    """Return the page as HTML. Everything that comes from a study is escaped."""
    return render_template("scaling_lab.report", "page.html.j2", values)


def _draw_figures(study: StudyComparison, folder: Path) -> list[dict[str, Any]]:
    """Draw every figure that has something to show, and return the template values of each.

    Raises:
        UserError: a figure cannot be drawn; the message names it.
    """
    return [
        {"name": each.kind, "title": each.title, "alt": each.alt, "caption": each.caption}
        | {"measured": each.is_measured, "narrow": each.is_narrow}
        for each in draw_all(study, folder, FIGURE_FORMATS)
    ]


def _commands(results: Path, report: Path, options: Sequence[str], commands: Sequence[Sequence[str]]) -> list[str]:
    """Return the commands that train the study, and the one that writes its report again."""
    train = [format_sweep_command("sweep", overrides) for overrides in commands]
    again = ["scaling-lab", "report", _shown(results, "results"), "--to", _shown(report, "reports")]
    added = [f"{command} on_other_plan=extend" for command in train[1:]]
    return [*train[:1], *added, shlex.join([*again, *options])]


def _shown(path: Path, parent: str) -> str:
    """Return a path relative to the working directory, without folders of this machine."""
    full, here = path.resolve(), Path.cwd()
    return str(full.relative_to(here)) if full.is_relative_to(here) else f"{parent}/{full.name}"
