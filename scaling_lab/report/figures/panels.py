"""Panels of a figure in rows that fit a paper's column or page, with one legend below or above them."""

from collections.abc import Sequence
from math import ceil
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scaling_lab.report.figures.style import (
    BASELINE,
    COLUMN_WIDTH,
    INK,
    PAGE_WIDTH,
    RC,
    RULES,
    WIDTHS,
    FigureWidth,
    SeriesStyle,
    shorten,
)

LegendPlace = Literal["outside lower center", "outside upper center"]

MAX_COLUMNS = 3  # panels side by side on a page
LEGEND_ROW, MARGIN = 0.17, 0.32  # inches


def choose_width(panels: int, width: FigureWidth | None = None) -> float:
    """Return the width in inches: the requested one, or a column for one panel and a page for several."""
    return WIDTHS[width] if width else PAGE_WIDTH if panels > 1 else COLUMN_WIDTH


def count_columns(panels: int, width: float, most: int = MAX_COLUMNS) -> int:
    """Return the number of panels side by side."""
    return 1 if width <= COLUMN_WIDTH else min(most, max(1, panels))


def make_panels(
    count: int,
    height: float,
    legend: Sequence[SeriesStyle] = (),
    *,
    width: FigureWidth | None = None,
    most: int = MAX_COLUMNS,
    **settings: Any,
) -> tuple[Figure, list[Axes], list[Axes]]:
    """Make a figure of panels of equal size with one legend.

    Args:
        count: Number of panels; for none there is one, empty and without axes.
        height: Height of one panel in inches.
        legend: Series in the legend.
        width: Width of the figure; by default a column for one panel and a page for several.
        most: Most panels side by side on a page.
        settings: Further arguments of `Figure.subplots`.

    Returns:
        The figure, its panels in reading order, and those at the left edge.
    """
    inches = choose_width(count, width)
    columns = count_columns(count, inches, most)
    rows = max(1, ceil(count / columns))
    size = (inches, height * rows + MARGIN + LEGEND_ROW * legend_rows(legend, inches))
    figure = Figure(figsize=size, layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False, **settings).ravel())
    for ax in axes[count:]:
        ax.set_axis_off()
    add_legend(figure, legend)
    return figure, axes[: max(1, count)], axes[: max(1, count) : columns]


def write_message(ax: Axes, message: str) -> None:
    """Write a message into an empty panel."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, message, transform=ax.transAxes, ha="center", va="center", color=INK)


def legend_rows(styles: Sequence[SeriesStyle], width: float) -> int:
    """Return the number of rows of a legend in a figure of this width (inches)."""
    longest = max((len(line) for style in styles for line in _label(style).split("\n")), default=1)
    entry = RC["legend.fontsize"] * (4.0 + 0.58 * longest)
    return ceil(len(styles) / max(1, int(72 * width / entry)))


def add_legend(figure: Figure, styles: Sequence[SeriesStyle], place: LegendPlace = "outside lower center") -> None:
    """Add one legend outside of all panels, in rows of equal length that fit the figure's width."""
    if styles:
        columns = ceil(len(styles) / legend_rows(styles, figure.get_figwidth()))
        figure.legend(handles=[_handle(style) for style in styles], loc=place, ncols=columns)


def _label(style: SeriesStyle) -> str:
    """Return the name of a style, each of its lines shortened."""
    return "\n".join(map(shorten, style.name.split("\n")))


def _handle(style: SeriesStyle) -> Line2D:
    alone = style in (BASELINE, RULES["multipliers"])
    linestyle: Literal["none", "-"] = "none" if alone else "-"
    return Line2D([], [], color=style.color, marker=style.marker, linestyle=linestyle, label=_label(style))
