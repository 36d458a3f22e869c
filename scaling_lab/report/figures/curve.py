"""Means where they were measured; their spread over seeds beside them, so that every bar can be seen."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from scaling_lab.report.figures.style import Look

MARK, LINE = 4.8, 1.3  # points
THIN, THICK = 0.9, 1.3


def means(
    ax: Axes, x: "pd.Series[float]", y: "pd.Series[float]", look: Look, joined: bool = True, weight: float = 1.0
) -> None:
    """A mark at the mean of y for each x, joined by a line or not. A lighter curve upon a heavier one hides neither."""
    sns.lineplot(
        pd.DataFrame({"x": x, "y": y}),
        x="x",
        y="y",
        errorbar=None,
        color=look.color,
        marker=look.marker,
        markersize=MARK * weight,
        linestyle="-" if joined else "none",
        linewidth=LINE * weight**0.5,
        ax=ax,
        zorder=3,
    )
    ax.set(xlabel="", ylabel="")


def spread(ax: Axes, x: "pd.Series[float]", y: "pd.Series[float]", look: Look, width: float = THIN) -> None:
    """At each x a bar from the lowest to the highest y, and a dot a y."""
    rows = pd.DataFrame({"x": x, "y": y}).astype(float)
    by = rows.groupby("x")["y"].agg(["min", "mean", "max"])
    ends = [by["mean"] - by["min"], by["max"] - by["mean"]]
    ax.errorbar(
        by.index, by["mean"], ends, fmt="none", ecolor=look.color, elinewidth=width, capsize=1.8, capthick=width
    )
    sns.scatterplot(rows, x="x", y="y", color=look.color, s=5, linewidth=0, alpha=0.6, ax=ax, zorder=2)
    ax.set(xlabel="", ylabel="")
