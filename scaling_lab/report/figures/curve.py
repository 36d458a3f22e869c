"""Means and spreads of series, the axis of FLOPs, and the name of a panel; shared by the figures."""

from collections.abc import Iterable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.text.settings import drop_common_settings
from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.points import flops_unit, log_ticks
from scaling_lab.report.figures.style import SeriesStyle, wrap_names

MARK, LINE = 4.8, 1.3  # points
THIN, THICK = 0.9, 1.3


def draw_means(
    ax: Axes, x: "pd.Series[float]", y: "pd.Series[float]", style: SeriesStyle, joined: bool = True, weight: float = 1.0
) -> None:
    """Mark the mean of y at each x.

    Args:
        ax: axes to draw on.
        x: position of each value.
        y: value of each seed.
        style: colour and marker.
        joined: join the means by a line.
        weight: factor of sizes; series drawn later with less weight do not hide earlier ones.
    """
    means = pd.DataFrame({"x": x, "y": y}).astype(float).groupby("x")["y"].mean()
    ax.plot(
        *(means.index, means),
        color=style.color,
        marker=style.marker,
        markersize=MARK * weight,
        markeredgecolor="white",
        linestyle="-" if joined else "none",
        linewidth=LINE * weight**0.5,
        zorder=3,
    )


def draw_spread(
    ax: Axes, x: "pd.Series[float]", y: "pd.Series[float]", style: SeriesStyle, width: float = THIN
) -> None:
    """Draw a bar from the lowest to the highest y at each x, and a dot for each y."""
    rows = pd.DataFrame({"x": x, "y": y}).astype(float)
    by = rows.groupby("x")["y"].agg(["min", "mean", "max"])
    ends = [by["mean"] - by["min"], by["max"] - by["mean"]]
    ax.errorbar(
        by.index, by["mean"], ends, fmt="none", ecolor=style.color, elinewidth=width, capsize=1.8, capthick=width
    )
    ax.scatter(rows["x"], rows["y"], color=style.color, s=5, linewidth=0, alpha=0.6, zorder=2)


def draw_crosses(ax: Axes, x: "pd.Series[float]", y: "pd.Series[float]", style: SeriesStyle) -> None:
    """Mark collapsed seeds."""
    ax.plot(x, y, linestyle="none", marker="x", markersize=MARK, color=style.color, zorder=4)


def format_flops_axis(ax: Axes, low: float, high: float, flops: Iterable[float]) -> None:
    """Make the x axis logarithmic, with round ticks from `low` to `high` in the unit that suits these FLOPs."""
    divisor, word = flops_unit(flops)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator([divisor * tick for tick in log_ticks(low / divisor, high / divisor)]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / divisor:g}"))
    ax.set_xlabel(f"FLOPs ({word} multiply-adds)")


def panel_name(setting: Setting, settings: Sequence[Setting]) -> str:
    """Return the family and every value that differs between the panels, joined by middle dots."""
    varied = [name for name in ("dataset", "recipe", "rounding") if len({getattr(s, name) for s in settings}) > 1]
    rate = [f"lr {TIMES}{setting.lr_times:g}"] if len({s.lr_times for s in settings}) > 1 else []
    short = [drop_common_settings(getattr(s, name) for s in settings)[getattr(setting, name)] for name in varied]
    return wrap_names([setting.family, *short, *rate])
