"""Measured networks over a cost, and published networks in a panel of their own: the paper's Figures 1 and 5."""

from typing import ClassVar

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from scaling_lab.paper.tables import read_published_table
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.label_column import Mark, write_names
from scaling_lab.report.figures.network_curves import (
    describe_spread,
    draw_networks,
    find_unit,
    format_log_axis,
    network_means,
)
from scaling_lab.report.figures.panels import make_panels
from scaling_lab.report.figures.points import baseline_points, measured_points, split_panels, with_baseline
from scaling_lab.report.figures.style import (
    BASELINE,
    INK,
    RULES,
    SeriesStyle,
    figure_style,
    rule_styles,
    shorten,
)

FAMILY_LINES = ("-", "--", ":", "-.")
HALO = [withStroke(linewidth=1.5, foreground="white")]
OTHERS = SeriesStyle("published, other networks", "#8a8a8a", "o")
TOP1_RANGE = (74.5, 86.5)
"""ImageNet accuracies of the published panel, in percent."""
CROWDED = "EfficientNet-B6"
"""The network between two others whose names leave no room for its own."""
REACH = 1.3
"""Costs of the networks that are dots, at most times that of the costliest one with a name."""
PAPER_VERSION = "arXiv v5"
LEGEND_LINE = 0.07  # of the height of a panel
MAX_FAMILIES = 8  # in the legend of lines


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

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether the cost of any network is known, which imported results may lack."""
        return bool(measured_points(table, also=[self.cost])[self.cost].notna().any())

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw accuracy in percent on logarithmic axes."""
        points = measured_points(table, also=[self.cost])
        parts = split_panels(points, with_families=False)
        scaled = set(points.loc[points["times_flops"] != 1, "rule"])
        styles = {rule: style for rule, style in rule_styles(points["rule"]).items() if rule in scaled}
        with figure_style():
            legend = [BASELINE, *styles.values()]
            figure, axes, left = make_panels(len(parts) + 1, 2.8, legend, width=self.width)
            for ax, (name, part) in zip(axes, parts, strict=False):
                self._measured_panel(ax, part, styles)
                ax.set_title(f"measured here\n{name}".strip(), fontweight="bold")
            for ax in left:
                ax.set_ylabel("test accuracy (%)")
            axes[-1].set_ylabel("ImageNet top-1 (%)")
            self._published_panel(figure, axes[-1], is_narrow=len(parts) > 2)
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: units, spread and sources."""
        points = measured_points(table)
        families = points["family"].nunique()
        lines = " Each family has a style of line." if families > 1 else ""
        return (
            f"Measured: test accuracy in percent against {self.quantity}, on a logarithmic axis. "
            f"{describe_spread(points)}{lines} Published, not measured here, ImageNet top-1: networks of Table 2 of "
            "the EfficientNet paper (arXiv 1905.11946v5; joined: EfficientNet-B0 to B7), and as dots those of timm "
            "that were trained on ImageNet-1k alone and are within the axes. Images and "
            f"sizes differ, so compare shapes, not heights. After Figure {self.number} of the paper."
        )

    def _measured_panel(self, ax: Axes, points: pd.DataFrame, styles: dict[str, SeriesStyle]) -> None:
        """Draw one curve per family and rule, and a legend of the families' lines."""
        families, lines = list(points.groupby("family", sort=False)), list[Line2D]()
        for place, (family, part) in enumerate(families):
            line = FAMILY_LINES[place % len(FAMILY_LINES)]
            lines += ax.plot([], [], line, color=INK, label=shorten(str(family)))
            for rule, style in styles.items():
                rows = with_baseline(part, rule)
                is_joined = bool(rows["times_flops"].notna().all())
                if not rows.empty:
                    draw_networks(ax, network_means(rows, self.cost), style, line if is_joined else "none")
            start = network_means(baseline_points(part), self.cost)
            if not start.empty:
                draw_networks(ax, start, BASELINE, size=5.2)
        if len(families) > 1:  # in a space of its own below the curves
            low, high = ax.get_ylim()
            ax.set_ylim(low - LEGEND_LINE * len(lines[:MAX_FAMILIES]) * (high - low), high)
            ax.legend(handles=lines[:MAX_FAMILIES], loc="lower right", fontsize=7, handlelength=3)
        divisor, unit = find_unit(points[self.cost].astype(float).dropna())
        format_log_axis(ax, divisor, self.label.format(unit))

    def _published_panel(self, figure: Figure, ax: Axes, is_narrow: bool) -> None:
        """Draw the published networks with the names of those of Table 2; last, because it fixes the layout."""
        in_table, in_timm = self.published_cost
        named = read_published_table("table2")
        named = named[(named["version"] == PAPER_VERSION) & named["setting"].isna()].dropna(subset=[in_table, "top1"])
        every = read_published_table("networks")
        dots = every[(every["trained_on"] == "in1k") & every["top1"].between(*TOP1_RANGE)]
        dots = dots[dots[in_timm] <= REACH * named[in_table].max()]
        ax.plot(dots[in_timm], dots["top1"], ".", color="#cfcfcf", markersize=2.5, markeredgewidth=0, zorder=1)
        marks: list[Mark] = []
        for kind, rows in named.groupby("kind"):
            is_efficientnet = kind == "efficientnet"
            style, rows = RULES["compound"] if is_efficientnet else OTHERS, rows.sort_values(in_table)
            line = "-" if is_efficientnet else "none"
            ax.plot(rows[in_table], rows["top1"], linestyle=line, color=style.color, marker=style.marker, zorder=3)
            for at, top1, model in zip(rows[in_table], rows["top1"], rows["model"], strict=True):
                if str(model) == CROWDED:
                    continue
                if is_efficientnet:
                    _name(ax, str(model).removeprefix("EfficientNet-"), at, top1, (-14, 4), style.color)
                else:
                    marks.append((float(at), float(top1), str(model)))
        ax.set_ylim(*TOP1_RANGE)
        format_log_axis(ax, 1.0, self.label.format(self.published_unit), most=3 if is_narrow else 5)
        ax.set_title("published, not measured here", fontweight="bold")
        if engine := figure.get_layout_engine():  # names are placed by the size of the panel
            engine.execute(figure)
            figure.set_layout_engine(None)
        write_names(figure, ax, marks)


def _name(ax: Axes, name: str, x: float, y: float, shift: tuple[float, float], color: str = INK) -> None:
    """Write a name next to a mark, shifted by so many points."""
    ax.annotate(*(name, (x, y)), xytext=shift, textcoords="offset points", fontsize=7, color=color, path_effects=HALO)
