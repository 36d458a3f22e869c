"""Figures of a study, one file each. Start with `base.py` to add one. No torch."""

from scaling_lab.report.figures.drawing import (
    FORMATS,
    MAPS_KIND,
    DrawnFigure,
    draw_all,
    draw_figure,
    find_format,
    list_figures,
    require_kind,
    write_figure,
)
from scaling_lab.report.figures.load import load_figures
from scaling_lab.report.figures.style import WIDTHS, FigureFormat, FigureWidth

__all__ = [
    "FORMATS",
    "MAPS_KIND",
    "WIDTHS",
    "DrawnFigure",
    "FigureFormat",
    "FigureWidth",
    "draw_all",
    "draw_figure",
    "find_format",
    "list_figures",
    "load_figures",
    "require_kind",
    "write_figure",
]
