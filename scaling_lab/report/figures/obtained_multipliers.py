"""Multipliers that networks obtained against those that their rules requested."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from scaling_lab.analysis.text.seed_counts import format_seed_counts
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.panels import make_panels
from scaling_lab.report.figures.points import log_ticks, measured_points
from scaling_lab.report.figures.style import INK, SeriesStyle, figure_style, rule_styles

DIMENSIONS = {"depth": "d", "width": "w", "resolution": "r"}
COLUMNS = [name for letter in DIMENSIONS.values() for name in (letter, f"{letter}_got")]


class ObtainedMultipliers(ReportFigure):
    """Requested and obtained multipliers, a panel per dimension."""

    title = "Requested and obtained multipliers"
    alt = "For each network, the multiplier of depth, width and resolution that it obtained against the requested one"

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw a mark per network on logarithmic axes; on the diagonal both are equal."""
        rows = _networks(table)
        styles = rule_styles(rows["rule"])
        with figure_style():
            figure, axes, _ = make_panels(3, 2.2, list(styles.values()), width=self.width or "page")
            for ax, (name, letter) in zip(axes, DIMENSIONS.items(), strict=True):
                _panel(ax, rows.dropna(subset=[letter, f"{letter}_got"]), letter, styles)
                ax.set_title(name, fontweight="bold")
                ax.set_xlabel(f"requested {letter}")
                ax.set_ylabel(f"obtained {letter}")
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: what the multipliers are, and how far the farthest network is off."""
        rows = _networks(table)
        off = {
            name: float((rows[f"{letter}_got"] / rows[letter] - 1).abs().max())
            for name, letter in DIMENSIONS.items()
            if len(rows)
        }
        farthest = ", ".join(f"{name} {100 * value:.0f} %" for name, value in off.items() if value == value)
        seeds = format_seed_counts(measured_points(table))
        return (
            "Measured networks. Obtained multipliers are the number of blocks, the sum of stage widths and the side in "
            "pixels, each over the baseline's; requested ones are those of the rule before rounding. On the line both "
            f"are equal. Largest distances: {farthest or 'none'}. Networks do not depend on the seed "
            f"({'one seed' if seeds == '1' else f'{seeds} seeds'}), so there is no spread."
        )


def _networks(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per network of each rule, without baselines."""
    points = measured_points(table, COLUMNS)
    rows = points[points["times_flops"].fillna(0) != 1].drop_duplicates(["family", "rule", *COLUMNS])
    return rows.assign(**{name: rows[name].astype(float) for name in COLUMNS})


def _panel(ax: Axes, rows: pd.DataFrame, letter: str, styles: dict[str, SeriesStyle]) -> None:
    values = pd.concat([rows[letter], rows[f"{letter}_got"], pd.Series([1.0])])
    low, high = values.min() / 1.12, max(values.max() * 1.12, 1.5)
    ax.plot([low, high], [low, high], color=INK, linewidth=0.8, zorder=1)
    for rule, style in styles.items():
        own = rows[rows["rule"] == rule]
        ax.plot(
            *(own[letter], own[f"{letter}_got"], style.marker),
            color=style.color,
            markeredgecolor="white",
            markersize=5,
            zorder=3,
        )
    ticks = log_ticks(low, high)
    for scale, axis in (("x", ax.xaxis), ("y", ax.yaxis)):
        ax.set(**{f"{scale}scale": "log"})
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    ax.grid(axis="both")
