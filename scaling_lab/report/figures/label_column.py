"""Names of marks in one column at the right edge of a panel, each with a line to its mark: none covers another."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression

from scaling_lab.report.figures.style import INK

FONT_SIZE = 7.0
LINE_HEIGHT = 1.22 * FONT_SIZE  # points
LETTER_WIDTH = 0.58 * FONT_SIZE  # points
GAP = 10.0  # points between the rightmost mark and the column
LEADER = "#b4b4b4"
Mark = tuple[float, float, str]
"""Place of a mark in data coordinates, and its name."""


def write_names(figure: Figure, ax: Axes, marks: Sequence[Mark]) -> None:
    """Write the names of marks in a column, in the order of their heights, and widen the panel to the right for it.

    Args:
        figure: The figure.
        ax: Panel with a logarithmic x axis, whose place in the figure is settled.
        marks: The marks.
    """
    marks = sorted(marks, key=lambda mark: mark[1])
    width, height = (72 * inches for inches in ax.get_position().size * figure.get_size_inches())
    column = max(len(name) for _, _, name in marks) * LETTER_WIDTH
    low, high = np.log10(ax.get_xlim())
    high = low + (high - low) * width / (width - column - GAP)
    ax.set_xlim(10.0**low, 10.0**high)
    left = 10.0 ** (low + (high - low) * (1 - column / width))
    before = 10.0 ** (low + (high - low) * (1 - (column + 0.3 * GAP) / width))
    bottom, top = ax.get_ylim()
    places = spread([y for _, y, _ in marks], LINE_HEIGHT * (top - bottom) / height, bottom, top)
    for (x, y, name), place in zip(marks, places, strict=True):
        ax.plot([x, before], [y, place], color=LEADER, linewidth=0.5, zorder=2)
        ax.text(left, place, name, fontsize=FONT_SIZE, color=INK, va="center")


def spread(values: Sequence[float], step: float, low: float, high: float) -> list[float]:
    """Return the places nearest to rising values (least squares) that are at least `step` apart, inside of a range."""
    steps = step * np.arange(len(values))
    nearest = isotonic_regression(np.asarray(values, dtype=float) - steps).x
    places = np.clip(nearest, low + step / 2, high - step / 2 - steps[-1]) + steps
    return [float(place) for place in places]
