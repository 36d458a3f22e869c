"""Means where they were measured; their spread over seeds beside them, so that every bar can be seen."""

from collections.abc import Sequence

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from scaling_lab.analysis.evidence import Setting
from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.style import SeriesStyle

MARK, LINE = 4.8, 1.3  # points
THIN, THICK = 0.9, 1.3


def draw_means(
    ax: Axes, x: "pd.Series[float]", y: "pd.Series[float]", look: SeriesStyle, joined: bool = True, weight: float = 1.0
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


def draw_spread(ax: Axes, x: "pd.Series[float]", y: "pd.Series[float]", look: SeriesStyle, width: float = THIN) -> None:
    """At each x a bar from the lowest to the highest y, and a dot a y."""
    rows = pd.DataFrame({"x": x, "y": y}).astype(float)
    by = rows.groupby("x")["y"].agg(["min", "mean", "max"])
    ends = [by["mean"] - by["min"], by["max"] - by["mean"]]
    ax.errorbar(
        by.index, by["mean"], ends, fmt="none", ecolor=look.color, elinewidth=width, capsize=1.8, capthick=width
    )
    sns.scatterplot(rows, x="x", y="y", color=look.color, s=5, linewidth=0, alpha=0.6, ax=ax, zorder=2)
    ax.set(xlabel="", ylabel="")


def panel_name(setting: Setting, settings: Sequence[Setting]) -> str:
    """The family, and what else differs between the panels."""
    varied = [name for name in ("dataset", "recipe", "rounding") if len({getattr(s, name) for s in settings}) > 1]
    rate = [f"lr {TIMES}{setting.lr_times:g}"] if len({each.lr_times for each in settings}) > 1 else []
    return " \N{MIDDLE DOT} ".join([setting.family, *(str(getattr(setting, name)) for name in varied), *rate])
