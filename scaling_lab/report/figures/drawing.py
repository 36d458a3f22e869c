"""Draw the figures of a study to files: all that show something, or one."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pandas as pd
from matplotlib.figure import Figure

from scaling_lab.analysis.class_maps import ClassMaps
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.analysis.text.unlearned import describe_drawn
from scaling_lab.analysis.unlearned.at_chance import find_unlearned
from scaling_lab.errors import UserError, unknown_name
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.load import figure_classes, load_figures
from scaling_lab.report.figures.style import COLUMN_WIDTH, FigureFormat, FigureWidth, save_figure

MAPS_KIND = "figure7"
"""The kind of figure that is drawn from weights."""
FORMATS: tuple[FigureFormat, ...] = get_args(FigureFormat)


@dataclass(frozen=True, eq=False)
class DrawnFigure:
    """A figure of a study.

    Attributes:
        kind: Name of its module.
        title: Heading above it.
        alt: What is seen, in words.
        caption: Units, source, spread, and what was left out.
        is_measured: Whether it shows results of the study.
        figure: The drawing.
    """

    kind: str
    title: str
    alt: str
    caption: str
    is_measured: bool
    figure: Figure

    @property
    def is_narrow(self) -> bool:
        """Whether it is as wide as one column of a paper."""
        return bool(self.figure.get_figwidth() <= COLUMN_WIDTH)


def list_figures() -> dict[str, str]:
    """Return the title of each kind of figure."""
    return {kind: figure.title for kind, figure in figure_classes().items()}


def require_kind(kind: str) -> None:
    """Raise UserError for a kind of figure that does not exist."""
    if kind not in (kinds := figure_classes()):
        raise unknown_name("kind of figure", kind, kinds, list_all=True)


def draw_figure(
    study: StudyComparison, kind: str, width: FigureWidth | None = None, maps: ClassMaps | None = None
) -> DrawnFigure:
    """Draw one figure of a study.

    Args:
        study: The study.
        kind: A name of `list_figures`.
        width: Width of the figure; None for a column or a page, whichever suits the number of panels.
        maps: Activation maps, which MAPS_KIND alone shows.

    Raises:
        UserError: An unknown kind, a study that lacks what the figure shows, or a column that the table lacks.
    """
    require_kind(kind)
    make = figure_classes()[kind]
    settings: dict[str, Any] = {"store": study.folder.store, "known": _known(study)}
    figure = make(study.options, study.looks, study.scoring, width=width, maps=maps, **settings)
    if not _is_shown(figure, study, kind):
        raise UserError(f"{study.folder.study} has nothing for the figure {kind}, which needs {figure.needs}")
    drawn = _draw(figure, study, kind)
    if figure.shows_verdicts:
        study.folder.record_look("figure")
    return drawn


def find_format(path: Path) -> FigureFormat:
    """Return the format of a file's ending. Raises UserError for another ending."""
    for kind in FORMATS:
        if path.suffix.lower() == f".{kind}":
            return kind
    raise unknown_name("format of a figure", path.suffix.lstrip("."), FORMATS)


def write_figure(drawn: DrawnFigure, path: Path, kind: FigureFormat | None = None) -> Path:
    """Write one figure to a file atomically and return its path.

    Args:
        drawn: The figure.
        path: The file; its folder is created if missing.
        kind: Format, whose ending is added if the path has another one; None for that of the ending, or pdf.

    Raises:
        UserError: An unknown ending, or the file cannot be written.
    """
    kind = kind or (find_format(path) if path.suffix else "pdf")
    if path.suffix.lower() != f".{kind}":
        path = path.with_name(f"{path.name}.{kind}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".draft") as draft:
            (written,) = save_figure(drawn.figure, Path(draft) / "figure", [kind])
            os.replace(written, path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from None
    return path


def draw_all(study: StudyComparison, folder: Path, formats: Sequence[FigureFormat] = FORMATS) -> list[DrawnFigure]:
    """Draw every figure that has something to show, write `<kind>.<format>` of each, and return them by kind.

    Raises:
        UserError: The table lacks a column; the message names the figure.
    """
    drawn = []
    settings: dict[str, Any] = {"store": study.folder.store, "known": _known(study)}
    figures = load_figures(study.options, study.looks, study.scoring, **settings)
    for kind, figure in figures.items():
        if _is_shown(figure, study, kind):
            drawn.append(_draw(figure, study, kind))
            save_figure(drawn[-1].figure, folder / kind, formats)
    return drawn


def _known(study: StudyComparison) -> tuple[pd.DataFrame, Evidence]:
    """Return the table of a study and its networks above chance."""
    return study.table, study.scoring.score(study.by_accuracy, study.table)


def _is_shown(figure: ReportFigure, study: StudyComparison, kind: str) -> bool:
    rows = study.table
    any_done = bool((rows["test_accuracy"].notna() & ~find_unlearned(rows)).any())
    with _naming(kind):
        return (any_done or not figure.is_measured) and figure.is_shown(rows)


def _draw(figure: ReportFigure, study: StudyComparison, kind: str) -> DrawnFigure:
    rows = study.table
    with _naming(kind):
        drawn, caption = figure.draw(rows), figure.caption(rows)
    note = describe_drawn(rows) if figure.is_measured else ""
    return DrawnFigure(kind, figure.title, figure.alt, f"{caption} {note}".strip(), figure.is_measured, drawn)


@contextmanager
def _naming(kind: str) -> Iterator[None]:
    """Context manager: turn the error of a table without a column into a UserError that names the figure."""
    try:
        yield
    except (KeyError, ValueError) as error:
        raise UserError(f"figure {kind} cannot be drawn: {error}") from error
