"""The paper's Figure 8: accuracy over FLOPs by rule, measured panels next to the published one."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scaling_lab.paper.tables import read_published_table
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.network_curves import describe_spread, draw_networks, find_unit, network_means
from scaling_lab.report.figures.panels import make_panels
from scaling_lab.report.figures.points import baseline_points, measured_points, split_panels, with_baseline
from scaling_lab.report.figures.style import BASELINE, SeriesStyle, figure_style, rule_styles

PUBLISHED = ("depth", "width", "resolution", "compound")


class ScalingMethods(ReportFigure):
    """Curves of width, depth, resolution and compound scaling, measured and published."""

    title = "Scaling methods, measured and published (Figure 8 of the EfficientNet paper)"
    alt = "Accuracy against FLOPs for width, depth, resolution and compound scaling: measured panels, and the paper's"
    needs = "results of a rule at a budget other than 1x"

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether any rule has a network besides the baseline."""
        return bool((measured_points(table)["times_flops"].fillna(1) != 1).any())

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw accuracy in percent over FLOPs on a linear axis, as the paper does."""
        points = measured_points(table)
        parts = split_panels(points)
        scaled = set(points.loc[points["times_flops"].fillna(1) != 1, "rule"])
        styles = rule_styles(scaled | set(PUBLISHED))
        with figure_style():
            legend = [BASELINE, *styles.values()]
            figure, axes, left = make_panels(len(parts) + 1, 2.3, legend, width=self.width)
            for ax, (name, part) in zip(axes, parts, strict=False):
                _measured_panel(ax, part, {rule: styles[rule] for rule in styles if rule in scaled})
                ax.set_title(f"measured here\n{name}", fontweight="bold")
            for ax in left:
                ax.set_ylabel("test accuracy (%)")
            _published_panel(axes[-1], styles)
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: units, spread, source, and how the paper's baseline differs from EfficientNet-B0."""
        points = measured_points(table)
        lacking = [rule for rule in PUBLISHED if rule not in set(points["rule"])]
        missing = f" Not in this study: {', '.join(lacking)}." if lacking else ""
        return (
            "Measured: test accuracy in percent against the obtained FLOPs of one image (multiply-adds). "
            f"{describe_spread(points)}{missing} Published, not measured here: Figure 8 of the EfficientNet paper "
            "(arXiv 1905.11946), ImageNet top-1 against billion multiply-adds, read off the vector drawing. Its curves "
            "of width, depth and resolution are those of Figure 3, whose networks start from a baseline of 0.50 "
            "billion multiply-adds; the drawing moves their first point to 0.39, the FLOPs of EfficientNet-B0. The "
            "dashed end is where the width curve leaves the drawing towards w = 5.0 (8.25 billion). Images and "
            "sizes differ, so compare shapes, not heights."
        )


def _measured_panel(ax: Axes, points: pd.DataFrame, styles: dict[str, SeriesStyle]) -> None:
    for rule, style in styles.items():
        rows = with_baseline(points, rule)
        if not rows.empty:
            joined = bool(rows["times_flops"].notna().all())
            draw_networks(ax, network_means(rows, "flops"), style, "-" if joined else "none")
    start = network_means(baseline_points(points), "flops")
    if not start.empty:
        draw_networks(ax, start, BASELINE, size=5.2)
    divisor, unit = find_unit(points["flops"].astype(float))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value / divisor:g}")
    ax.set_xlim(0, None)
    ax.set_xlabel(f"FLOPs ({unit} multiply-adds)")


def _published_panel(ax: Axes, styles: dict[str, SeriesStyle]) -> None:
    figure8 = read_published_table("figure8")
    for rule in PUBLISHED:
        style, rows = styles[rule], figure8[figure8["curve"] == rule].sort_values("point_index")
        cut = rows["clipped"] == "yes"
        at, top1 = rows.loc[~cut, "flops_B"], rows.loc[~cut, "top1"]
        ax.plot(at, top1, color=style.color, marker=style.marker)
        leaving = rows.tail(2) if cut.any() else rows.head(0)
        ax.plot(leaving["flops_B"], leaving["top1"], color=style.color, linestyle=(0, (2, 1.5)))
    start = figure8[figure8["flops_B"] == figure8["flops_B"].min()].iloc[0]
    ax.plot(start["flops_B"], start["top1"], BASELINE.marker, color=BASELINE.color, markersize=5.2, zorder=3)
    ax.set(xlim=(0, None), xlabel="FLOPs (billion multiply-adds)", ylabel="ImageNet top-1 (%)")
    ax.set_title("published (Figure 8)\nnot measured here", fontweight="bold")
