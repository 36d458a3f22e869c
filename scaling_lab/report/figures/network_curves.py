"""Networks as marks with the spread over seeds, joined to curves; shared by the figures that have several axes."""

from collections.abc import Iterable
from statistics import median
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from scaling_lab.analysis.text.seed_counts import format_seed_counts
from scaling_lab.report.figures.points import NETWORK, log_ticks
from scaling_lab.report.figures.style import SeriesStyle

BAR = 0.8  # points
UNITS = ((1e9, "billion"), (1e6, "million"), (1e3, "thousand"), (1.0, ""))


def network_means(points: pd.DataFrame, x: str) -> pd.DataFrame:
    """Return one row per network, by budget where all have one and by `x` otherwise.

    Args:
        points: Rows of `points.measured_points`.
        x: Column of the horizontal axis; rows without a value are left out.

    Returns:
        Columns `x`, `x_low` and `x_high`, the median and range over seeds; `mean`, `low` and `high` of the accuracy in
        percent; `times_flops`; `seeds`.
    """
    rows = points.assign(x=pd.to_numeric(points[x], errors="coerce").astype(float)).dropna(subset=["x"])
    rows = rows.drop_duplicates(subset=[*NETWORK, "seed"])
    numbers = rows.groupby(NETWORK, sort=False, dropna=False).ngroup().to_numpy()
    at, accuracy, times = (rows[name].to_numpy(dtype=float) for name in ("x", "accuracy", "times_flops"))
    seeds = rows["seed"].to_numpy()
    rows_of_networks = []
    for number in range(numbers.max() + 1 if len(rows) else 0):
        own = numbers == number
        along, up = at[own], accuracy[own]
        rows_of_networks.append(
            (
                median(along.tolist()),
                along.min(),
                along.max(),
                up.mean(),
                up.min(),
                up.max(),
                times[own][0],
                len(set(seeds[own])),
            )
        )
    networks = pd.DataFrame(
        rows_of_networks, columns=["x", "x_low", "x_high", "mean", "low", "high", "times_flops", "seeds"]
    )
    return networks.sort_values("times_flops" if networks["times_flops"].notna().all() else "x", kind="stable")


def draw_networks(
    ax: Axes, networks: pd.DataFrame, style: SeriesStyle, linestyle: str = "-", size: float = 4.6
) -> None:
    """Draw a mark per network with bars over its seeds, joined in their order.

    Args:
        ax: Axes to draw on.
        networks: Rows of `network_means`.
        style: Colour and marker.
        linestyle: Style of the line; "none" for marks alone.
        size: Size of the marks in points.
    """
    x, mean = networks["x"], networks["mean"]
    bars: dict[str, Any] = {"color": style.color, "linewidth": BAR, "alpha": 0.75, "zorder": 2}
    ax.vlines(x, networks["low"], networks["high"], **bars)
    if (networks["x_high"] > networks["x_low"]).any():
        ax.hlines(mean, networks["x_low"], networks["x_high"], **bars)
    ax.plot(
        *(x, mean),
        color=style.color,
        marker=style.marker,
        linestyle=linestyle,
        markersize=size,
        markeredgecolor="white",
        zorder=3,
    )


def find_unit(values: Iterable[float]) -> tuple[float, str]:
    """Return the divisor and its name (million, thousand) that suit the largest number."""
    largest = max(values, default=0.0)
    return next((unit for unit in UNITS if largest >= unit[0]), UNITS[-1])


def format_log_axis(ax: Axes, divisor: float, label: str, most: int = 5) -> None:
    """Make the x axis logarithmic, with round ticks in units of `divisor`, a little wider than what is drawn."""
    ax.set_xscale("log")
    ax.margins(x=0.08)
    low, high = ax.get_xlim()
    ax.set_xlim(low, high)
    ticks = [divisor * tick for tick in log_ticks(low / divisor, high / divisor, most)]
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / divisor:g}"))
    ax.set_xlabel(label)


def describe_spread(points: pd.DataFrame) -> str:
    """Return what marks and bars are, for a caption."""
    seeds = format_seed_counts(points)
    if points["seed"].nunique() <= 1:
        return "One seed, so there is no spread to show."
    return f"Marks are means over {seeds} seeds, bars span the lowest and the highest seed."
