"""The effects of a report: read a results folder, draw its figures, write one page beside them."""

import shlex
from pathlib import Path
from typing import Any

import pandas as pd

from scaling_lab.analysis.load import read
from scaling_lab.report.contents import contents
from scaling_lab.report.figures import figures
from scaling_lab.report.figures.style import COLUMN, save
from scaling_lab.report.files import KINDS, PAGE, drafts, fill, put


def write(results: Path, report: Path, mixed_devices: bool = False) -> Path:
    """Writes figures and `index.html` of a results folder into a report folder and returns the path of the page.

    Every file is put in place whole, the page last. Raises UserError as `analysis.folder.read`, and when the report
    folder cannot be written to.
    """
    folder = read(results, mixed_devices)
    rows = folder.table
    with drafts(report) as draft:
        shown = {"figures": _draw(rows, draft), "commands": _commands(results, report, mixed_devices, folder.asked)}
        (draft / PAGE).write_text(render(contents(folder) | shown), encoding="utf-8")
        for name in figures():
            put(draft, report, [f"{name}.{kind}" for kind in KINDS])
        put(draft, report, [PAGE])
    return report / PAGE


def render(whole: dict[str, Any]) -> str:
    """The page. Everything that comes from a study is escaped."""
    return fill("scaling_lab.report", "page.html.j2", whole)


def _draw(rows: pd.DataFrame, folder: Path) -> list[dict[str, Any]]:
    """Draws what can be drawn from these rows and returns what the page says about each figure."""
    any_done = bool(rows["test_accuracy"].notna().any())
    shown = []
    for name, figure in figures().items():
        if (figure.MEASURED and not any_done) or not getattr(figure, "shown", lambda _: True)(rows):
            continue
        drawn = figure.draw(rows)
        save(drawn, folder / name)
        told = {"name": name, "title": figure.TITLE, "alt": figure.ALT, "caption": figure.caption(rows)}
        shown.append(told | {"measured": figure.MEASURED, "narrow": drawn.get_figwidth() <= COLUMN})
    return shown


def _commands(results: Path, report: Path, mixed: bool, asked: tuple[str, ...]) -> list[str]:
    """What to type in the project's folder to train the study, and to write its report again."""
    again = [
        ".venv/bin/python",
        "-m",
        "scaling_lab",
        "report",
        _shown(results, "results"),
        "--to",
        _shown(report, "reports"),
    ]
    return [shlex.join([".venv/bin/python", "run_sweep.py", *asked]), shlex.join(again + ["--mixed-devices"] * mixed)]


def _shown(path: Path, parent: str) -> str:
    """A path as it can be typed in the project's folder, without the machine's own folders."""
    full, here = path.resolve(), Path.cwd()
    return str(full.relative_to(here)) if full.is_relative_to(here) else f"{parent}/{full.name}"
