"""The paper's Figure 3: accuracy against width, depth and resolution, measured above and published below."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from scaling_lab.paper.tables import read_published_table
from scaling_lab.report.figures.curve import draw_means, draw_spread
from scaling_lab.report.figures.points import measured_points, split_panels, with_baseline
from scaling_lab.report.figures.style import (
    INK,
    PAGE_WIDTH,
    RULES,
    SeriesStyle,
    add_legend,
    family_styles,
    figure_style,
)

TITLE = "Accuracy against width, depth and resolution"
ALT = "Three measured panels, test accuracy against w, d and r, above the three panels of the paper's Figure 3"
MEASURED = True
KNOBS = {"width": "w", "depth": "d", "resolution": "r"}
ROWS = (
    ("measured here", "test accuracy (%)"),
    ("published (EfficientNet paper, Figure 3), ImageNet, top-1; not measured here", "ImageNet top-1 (%)"),
)
APART = 0.02  # of a panel's width, between families
GOT = [f"{letter}_got" for letter in KNOBS.values()]


def draw(table: pd.DataFrame) -> Figure:
    """Accuracy in percent over the multiplier really got. Raises ValueError naming a missing column."""
    points = measured_points(table, also=[*KNOBS.values(), *GOT])
    parts = split_panels(points)
    looks = family_styles(name for name, _ in parts)
    with figure_style():
        figure = Figure(figsize=(PAGE_WIDTH, 4.7), layout="constrained")
        axes = figure.subplots(2, 3, sharey="row")
        drawn: set[str] = set()
        for above, below, rule in zip(*axes, KNOBS, strict=True):
            drawn |= _measured_panel(above, parts, rule, looks)
            _published_panel(below, rule)
        if not drawn:
            axes[0, 0].set_yticks([])
        for (left, middle, _), (title, label) in zip(axes, ROWS, strict=True):
            middle.set_title(title, fontweight="bold", pad=8)
            left.set_ylabel(label)
        add_legend(figure, [look for name, look in looks.items() if name in drawn], "outside upper center")
    return figure


def single(points: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Points in which one thing alone was asked to grow: by its rule, or explicitly with the others at 1."""
    others = [letter for name, letter in KNOBS.items() if name != rule]
    alone = points["times_flops"].isna() & (points[others] == 1).all(axis=1)
    return pd.concat([with_baseline(points, rule), points[alone]])


def _measured_panel(
    ax: Axes, parts: list[tuple[str, pd.DataFrame]], rule: str, looks: dict[str, SeriesStyle]
) -> set[str]:
    """Draws a line a family and returns the names of those that have one."""
    got = f"{KNOBS[rule]}_got"
    lines = {name: single(part, rule) for name, part in parts}
    lines = {name: own for name, own in lines.items() if (own[got] != 1).any()}
    reach = max((np.ptp(own[got].astype(float)) for own in lines.values()), default=0.0)
    for place, (name, own) in enumerate(lines.items()):
        aside = APART * reach * (place - (len(lines) - 1) / 2)
        draw_means(ax, own[got].astype(float), own["accuracy"], looks[name])
        draw_spread(ax, own[got].astype(float) + aside, own["accuracy"], looks[name])
    _x_axis(ax, rule, "got")
    if not lines:
        words = f"no point of {rule}\nin this study"
        ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", color=INK)
        ax.set_xticks([])
    return set(lines)


def _published_panel(ax: Axes, rule: str) -> None:
    figure3 = read_published_table("figure3")
    own = figure3[figure3["panel"] == KNOBS[rule]]
    draw_means(
        ax, own["label"].astype(float), own["top1"], SeriesStyle("published", RULES[rule].color, RULES[rule].marker)
    )
    _x_axis(ax, rule, "printed")


def _x_axis(ax: Axes, rule: str, which: str) -> None:
    ax.set(xlabel=f"{rule} multiplier {KNOBS[rule]} ({which})", ylabel="")
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))


def caption(table: pd.DataFrame) -> str:
    """Units, spread and source of the figure."""
    seeds = measured_points(table)["seed"].nunique()
    spread = (
        f"marks are means over {seeds} seeds, bars reach from the lowest to the highest seed, dots are single seeds"
        if seeds > 1
        else "one seed, so no spread can be shown"
    )
    return (
        f"Above, measured: test accuracy in percent when width, depth or resolution alone grows; {spread}. The "
        "multipliers are those really got: sum of stage widths, blocks, side in pixels, over the baseline's; bars and "
        "dots stand beside their mark, so that those of several families can be seen. Below, published, not measured "
        "here: Figure 3 of the EfficientNet paper (arXiv 1905.11946), ImageNet top-1, read off the vector drawing; its "
        "multipliers as printed, from a baseline of 0.50 billion multiply-adds. Other pictures and other sizes: shapes "
        "may be compared, heights may not."
    )
