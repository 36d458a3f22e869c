"""The paper's Figure 3: accuracy against width, depth and resolution, measured panels and published ones."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from scaling_lab.analysis.text.seed_counts import format_seed_counts
from scaling_lab.paper.tables import read_published_table
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.curve import draw_means, draw_spread
from scaling_lab.report.figures.panels import add_legend
from scaling_lab.report.figures.points import measured_points, split_panels, with_baseline
from scaling_lab.report.figures.style import (
    COLUMN_WIDTH,
    INK,
    PAGE_WIDTH,
    RULES,
    FigureWidth,
    SeriesStyle,
    family_styles,
    figure_style,
)

MULTIPLIERS = {"width": "w", "depth": "d", "resolution": "r"}
SIDES = (
    ("measured here", "test accuracy (%)"),
    ("published (Figure 3), not measured here", "ImageNet top-1 (%)"),
)
"""Title and vertical axis of the measured and of the published panels."""
PAGE_HEIGHT, COLUMN_HEIGHT = 4.7, 5.6  # inches
FAMILY_STEP = 0.02  # distance between families, as a share of a panel's width
TITLE: dict[str, Any] = {"fontweight": "bold", "pad": 8, "fontsize": 8}
OBTAINED = [f"{letter}_got" for letter in MULTIPLIERS.values()]


class AccuracyMultipliers(ReportFigure):
    """Accuracy over each multiplier alone: measured panels above or left of the published ones."""

    title = "Width, depth and resolution alone, measured and published (Figure 3 of the EfficientNet paper)"
    alt = "Three measured panels, test accuracy against w, d and r, and the three panels of the paper's Figure 3"
    needs = "results of the rules depth, width or resolution, or of one multiplier alone"

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether a network grows in one dimension alone."""
        points = measured_points(table, also=[*MULTIPLIERS.values(), *OBTAINED])
        return any(
            _grows(single_dimension_points(points, rule)[f"{letter}_got"]) for rule, letter in MULTIPLIERS.items()
        )

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw accuracy in percent over the obtained multipliers."""
        points = measured_points(table, also=[*MULTIPLIERS.values(), *OBTAINED])
        parts = split_panels(points)
        styles = family_styles(name for name, _ in parts)
        with figure_style():
            figure, axes, labelled = _make_sides(self.width or "page", parts[0][0] if len(parts) == 1 else None)
            drawn: set[str] = set()
            for measured, published, rule in zip(*axes, MULTIPLIERS, strict=True):
                drawn |= _measured_panel(measured, parts, rule, styles)
                _published_panel(published, rule)
            if not drawn:
                axes[0][0].set_yticks([])
            for ax, label in labelled:
                ax.set_ylabel(label)
            named = [style for name, style in styles.items() if name in drawn]
            add_legend(figure, named if len(parts) > 1 else [], "outside upper center")
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: units, spread and source."""
        points = measured_points(table)
        spread = (
            f"marks are means over {format_seed_counts(points)} seeds, bars span the lowest and the highest seed, dots "
            "are single seeds"
            if points["seed"].nunique() > 1
            else "one seed, so there is no spread to show"
        )
        several = table["family"].nunique() > 1
        aside = " Bars and dots are shifted sideways so that families do not cover each other." if several else ""
        return (
            f"Measured: test accuracy in percent when only width, depth or resolution grows; {spread}. The "
            "multipliers are the obtained ones: sum of stage widths, number of blocks and side in pixels, each over "
            f"the baseline's.{aside} "
            "Published, not measured here: Figure 3 of the EfficientNet paper (arXiv 1905.11946), ImageNet top-1, read "
            "off the vector drawing; multipliers as printed, from a baseline of 0.50 billion multiply-adds. The images "
            "and the sizes differ, so compare the shapes of the curves, not their heights."
        )


def _make_sides(width: FigureWidth, family: str | None) -> tuple[Figure, list[list[Axes]], list[tuple[Axes, str]]]:
    """Return a figure, its measured and published panels (rows of a page, columns of a column), and vertical labels.

    Args:
        width: Width of the figure.
        family: The family, where there is one, for the title of the measured panels.
    """
    if width == "page":
        figure = Figure(figsize=(PAGE_WIDTH, PAGE_HEIGHT), layout="constrained")
        sides = [list(row) for row in figure.subplots(2, 3, sharey="row")]
        titled, labelled = [side[1] for side in sides], [side[:1] for side in sides]
    else:
        figure = Figure(figsize=(COLUMN_WIDTH, COLUMN_HEIGHT), layout="constrained")
        sides = [list(column) for column in figure.subplots(3, 2, sharey="col").T]
        titled, labelled = [side[0] for side in sides], sides
    measured, published = (title for title, _ in SIDES)
    titles = [f"{measured}, {family}" if family else measured, published]
    if width == "column":
        titles = [title.replace(" (Figure 3), ", ", ").replace(", ", "\n", 1) for title in titles]
    for top, title in zip(titled, titles, strict=True):
        top.set_title(title, **TITLE)
    return figure, sides, [(ax, label) for panels, (_, label) in zip(labelled, SIDES, strict=True) for ax in panels]


def single_dimension_points(points: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Return the points in which one dimension alone grows: by its rule, or by multipliers with the others at 1."""
    others = [letter for name, letter in MULTIPLIERS.items() if name != rule]
    alone = points["times_flops"].isna() & (points[others] == 1).all(axis=1)
    return pd.concat([with_baseline(points, rule), points[alone]])


def _grows(multipliers: "pd.Series[float]") -> bool:
    """Return whether any multiplier is known, and not 1."""
    return bool((multipliers.dropna() != 1).any())


def _measured_panel(
    ax: Axes, parts: list[tuple[str, pd.DataFrame]], rule: str, styles: dict[str, SeriesStyle]
) -> set[str]:
    """Draw one line per family and return the names of the families drawn."""
    column = f"{MULTIPLIERS[rule]}_got"
    lines = {name: single_dimension_points(part, rule) for name, part in parts}
    lines = {name: rows for name, rows in lines.items() if _grows(rows[column])}
    reach = max((np.ptp(rows[column].astype(float)) for rows in lines.values()), default=0.0)
    for place, (name, rows) in enumerate(lines.items()):
        aside = FAMILY_STEP * reach * (place - (len(lines) - 1) / 2)
        style = RULES[rule] if len(parts) == 1 else styles[name]
        draw_means(ax, rows[column].astype(float), rows["accuracy"], style)
        draw_spread(ax, rows[column].astype(float) + aside, rows["accuracy"], style)
    _x_axis(ax, rule, "obtained")
    if not lines:
        message = f"no point of {rule}\nin this study"
        ax.text(0.5, 0.5, message, transform=ax.transAxes, ha="center", va="center", color=INK)
        ax.set_xticks([])
    return set(lines)


def _published_panel(ax: Axes, rule: str) -> None:
    figure3 = read_published_table("figure3")
    rows = figure3[figure3["panel"] == MULTIPLIERS[rule]]
    draw_means(
        ax, rows["label"].astype(float), rows["top1"], SeriesStyle("published", RULES[rule].color, RULES[rule].marker)
    )
    _x_axis(ax, rule, "printed")


def _x_axis(ax: Axes, rule: str, which: str) -> None:
    ax.set_xlabel(f"{rule} {MULTIPLIERS[rule]} ({which})")
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
