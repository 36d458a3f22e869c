"""The static figures of a report: drawn to files, and as images inside the page."""

from pathlib import Path
from typing import Any

from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.report.assets import inline_image
from scaling_lab.report.figures import draw_all


def draw_figures(study: StudyComparison, folder: Path) -> dict[str, dict[str, Any]]:
    """Draw every figure that has something to show, and return the template values of each, by its name.

    Args:
        study: The study.
        folder: Folder to write the files to.

    Raises:
        UserError: A figure cannot be drawn; the message names it.
    """
    shown = {}
    for figure in draw_all(study, folder):
        image, width, height = inline_image(folder / f"{figure.kind}.png")
        named = {"name": figure.kind, "title": figure.title, "alt": figure.alt, "caption": figure.caption}
        placed = {"measured": figure.is_measured, "narrow": figure.is_narrow, "width": width, "height": height}
        shown[figure.kind] = named | placed | {"image": image}
    return shown
