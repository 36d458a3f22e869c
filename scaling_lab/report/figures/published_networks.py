"""Measured networks over a cost, and published networks in a panel of their own: the paper's Figures 1 and 5."""

from typing import ClassVar

import pandas as pd
from adjustText import adjust_text
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from scaling_lab.paper.tables import read_published_table
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.network_curves import (
    describe_spread,
    draw_networks,
    find_unit,
    format_log_axis,
    network_means,
)
from scaling_lab.report.figures.panels import make_panels
from scaling_lab.report.figures.points import baseline_points, measured_points, with_baseline
from scaling_lab.report.figures.style import BASELINE, INK, RULES, SeriesStyle, figure_style, rule_styles

FAMILY_LINES = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (5, 1.2, 1, 1.2)))
OTHERS = SeriesStyle("published, other networks", "#8a8a8a", "o")
TOP1_RANGE = (74.5, 86.5)
"""ImageNet accuracies of the published panel, in percent."""
STEPS = 100
"""Steps of moving labels apart: a number, not a time, so that a figure is the same on every machine."""
PAPER_VERSION = "arXiv v5"


class PublishedNetworks(ReportFigure):
    """Accuracy over a cost: a panel per data set and recipe, and one of published networks.

    Attributes:
        cost: Column of the table.
        published_cost: Columns of the paper's Table 2 and of timm's table.
        published_unit: Unit of both.
        quantity: The cost, for the caption.
        label: Label of its axis; `{}` is the unit.
        number: Number of the paper's figure.
    """

    cost: ClassVar[str]
    published_cost: ClassVar[tuple[str, str]]
    published_unit: ClassVar[str]
    quantity: ClassVar[str]
    label: ClassVar[str]
    number: ClassVar[int]
    alt = "Test accuracy of the measured networks, one curve per rule and family, and in another panel published ones"

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw accuracy in percent on logarithmic axes."""
        points = measured_points(table, also=[self.cost])
        parts = [part for _, part in points.groupby(["dataset", "recipe"], sort=False)]
        scaled = set(points.loc[points["times_flops"] != 1, "rule"])
        styles = {rule: style for rule, style in rule_styles(points["rule"]).items() if rule in scaled}
        with figure_style():
            legend = [BASELINE, *styles.values()]
            figure, axes, left = make_panels(len(parts) + 1, 2.8, legend, width=self.width)
            for ax, part in zip(axes, parts, strict=False):
                self._measured_panel(ax, part, styles)
                name = f"\n{part['dataset'].iloc[0]}, {part['recipe'].iloc[0]}"
                ax.set_title(f"measured{name if len(parts) > 1 else ' here'}", fontweight="bold")
            labels = self._published_panel(axes[-1])
            for ax in left:
                ax.set_ylabel("test accuracy (%)")
            axes[-1].set_ylabel("ImageNet top-1 (%)")
            figure.draw_without_rendering()  # labels are moved where they are in the end
            figure.set_layout_engine("none")
            separate_labels(axes[-1], labels)
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: units, spread and sources."""
        points = measured_points(table)
        families = points["family"].nunique()
        lines = " Each family has a style of line, and its name is at its baseline." if families > 1 else ""
        return (
            f"Measured: test accuracy in percent against {self.quantity} (logarithmic axis). "
            f"{describe_spread(points)}{lines} Published, not measured here, ImageNet top-1: networks of Table 2 of "
            "the EfficientNet paper (arXiv 1905.11946v5; joined: EfficientNet-B0 to B7), and as dots those of timm "
            f"that were trained on ImageNet-1k alone and have {TOP1_RANGE[0]:g} to {TOP1_RANGE[1]:g} %. Images and "
            f"sizes differ, so compare shapes, not heights. After Figure {self.number} of the paper."
        )

    def _measured_panel(self, ax: Axes, points: pd.DataFrame, styles: dict[str, SeriesStyle]) -> None:
        """Draw one curve per family and rule, and the name of each family at its baseline."""
        families = list(points.groupby("family", sort=False))
        for place, (family, part) in enumerate(families):
            line = FAMILY_LINES[place % len(FAMILY_LINES)]
            for rule, style in styles.items():
                rows = with_baseline(part, rule)
                is_joined = bool(rows["times_flops"].notna().all())
                if not rows.empty:
                    draw_networks(ax, network_means(rows, self.cost), style, line if is_joined else "none")
            start = network_means(baseline_points(part), self.cost)
            if not start.empty:
                draw_networks(ax, start, BASELINE, size=5.2)
            first = start if not start.empty else network_means(part, self.cost)
            if len(families) > 1:
                at, halo = (first["x"].iloc[0], first["mean"].iloc[0]), [withStroke(linewidth=2, foreground="white")]
                ax.annotate(
                    *(str(family), at),
                    xytext=(4, -4),
                    textcoords="offset points",
                    va="top",
                    fontsize=7,
                    path_effects=halo,
                )
        divisor, unit = find_unit(points[self.cost].astype(float))
        format_log_axis(ax, divisor, self.label.format(unit))

    def _published_panel(self, ax: Axes) -> list[Text]:
        """Draw the published networks and return the names of those of Table 2."""
        in_table, in_timm = self.published_cost
        every = read_published_table("networks")
        dots = every[(every["trained_on"] == "in1k") & every["top1"].between(*TOP1_RANGE)]
        ax.plot(dots[in_timm], dots["top1"], ".", color="#cfcfcf", markersize=2.5, markeredgewidth=0, zorder=1)
        named = read_published_table("table2")
        named = named[(named["version"] == PAPER_VERSION) & named["setting"].isna()].dropna(subset=[in_table, "top1"])
        style = RULES["compound"]
        texts, halo = [], [withStroke(linewidth=1.5, foreground="white")]
        for kind, rows in named.groupby("kind"):
            ours = kind == "efficientnet"
            look = {"color": style.color, "marker": style.marker} if ours else {"color": OTHERS.color, "marker": "o"}
            rows = rows.sort_values(in_table)
            ax.plot(rows[in_table], rows["top1"], linestyle="-" if ours else "none", zorder=3 if ours else 2, **look)
            for at, top1, model in zip(rows[in_table], rows["top1"], rows["model"], strict=True):
                if ours:
                    name, place = str(model).removeprefix("EfficientNet-"), {"xytext": (-4, 4), "ha": "right"}
                    ax.annotate(name, (at, top1), textcoords="offset points", fontsize=7, color=style.color, **place)
                else:
                    texts.append(ax.text(at, top1, str(model), fontsize=7, color=INK, path_effects=halo))
        ax.set_ylim(*TOP1_RANGE)
        format_log_axis(ax, 1.0, self.label.format(self.published_unit))
        ax.set_title("published, not measured here", fontweight="bold")
        return texts


def separate_labels(ax: Axes, texts: list[Text]) -> None:
    """Move labels apart from each other and from the marks."""
    lines = [line for line in ax.lines if line.get_markersize() > 3 and len(line.get_xdata())]
    x = [float(value) for line in lines for value in line.get_xdata()]
    y = [float(value) for line in lines for value in line.get_ydata()]
    arrows = {"arrowstyle": "-", "color": "#9a9a9a", "linewidth": 0.5}
    if texts:
        adjust_text(texts, x=x, y=y, ax=ax, arrowprops=arrows, iter_lim=STEPS, expand=(1.05, 1.25), min_arrow_len=5)
