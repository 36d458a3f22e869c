"""The paper's Figure 4: wider networks at other depths and resolutions, measured panels next to the published one."""

from itertools import cycle

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scaling_lab.formatting import pluralize
from scaling_lab.paper.tables import read_published_table
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.network_curves import describe_spread, draw_networks, find_unit, network_means
from scaling_lab.report.figures.panels import make_panels
from scaling_lab.report.figures.points import measured_points, split_panels
from scaling_lab.report.figures.style import SeriesStyle, figure_style

MULTIPLIERS = ["d", "w", "r"]
Base = tuple[float, float]
"""Depth and resolution multiplier of the networks of a curve."""
_PLAIN, _LARGER, _DEEPER, _BOTH = (False, False), (False, True), (True, False), (True, True)
STYLES = {
    _PLAIN: [("#0072B2", "o")],
    _LARGER: [("#009E73", "^"), ("#117733", "<"), ("#999933", ">")],
    _DEEPER: [("#E69F00", "s"), ("#882255", "p"), ("#AA4499", "h")],
    _BOTH: [("#D55E00", "D"), ("#CC79A7", "v"), ("#332288", "P")],
}
"""Colours and markers by whether a curve is deeper, and at a larger resolution, than the baseline."""


class WidthAtOtherDepths(ReportFigure):
    """Curves of growing width, one per depth and resolution."""

    title = "Width at other depths and resolutions, measured and published (Figure 4 of the EfficientNet paper)"
    alt = "Accuracy against FLOPs of ever wider networks, one curve per depth and resolution: measured, and the paper's"
    needs = "networks of several widths at one depth and resolution (rule=multipliers rule.w=1,1.4,2 rule.d=1,2)"

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether networks of several widths share a depth and a resolution, at two of these or more."""
        return any(len(_curves(part)) > 1 for _, part in split_panels(measured_points(table, MULTIPLIERS)))

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw accuracy in percent over FLOPs."""
        points = measured_points(table, MULTIPLIERS)
        parts = [(name, curves) for name, part in split_panels(points) if len(curves := _curves(part)) > 1]
        published = _published_curves()
        styles = base_styles([*(base for _, curves in parts for base in curves), *published])
        with figure_style():
            figure, axes, left = make_panels(len(parts) + 1, 2.3, list(styles.values()), width=self.width)
            for ax, (name, curves) in zip(axes, parts, strict=False):
                _measured_panel(ax, curves, styles)
                ax.set_title(f"measured here\n{name}", fontweight="bold")
            for ax in left:
                ax.set_ylabel("test accuracy (%)")
            for base, rows in published.items():
                style = styles[base]
                axes[-1].plot(rows["flops_B"], rows["top1"], color=style.color, marker=style.marker)
            axes[-1].set(xlabel="FLOPs (billion multiply-adds)", ylabel="ImageNet top-1 (%)", xlim=(0, None))
            axes[-1].set_title("published (Figure 4)\nnot measured here", fontweight="bold")
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: units, spread, which widths, and source."""
        points = measured_points(table, MULTIPLIERS)
        curves = [rows for _, part in split_panels(points) for rows in _curves(part).values()]
        counts = sorted({len(rows) for rows in curves})
        which = f"{counts[0]} to {counts[-1]} widths" if len(counts) > 1 else pluralize(sum(counts), "width")
        return (
            f"Measured: test accuracy in percent against FLOPs (multiply-adds); each curve has {which} at the "
            f"requested multipliers of depth d and resolution r. {describe_spread(points)} Published, not measured "
            "here: Figure 4 of the EfficientNet paper (arXiv 1905.11946), ImageNet top-1, read off the vector drawing, "
            "which does not print w; its baseline has 0.50 billion multiply-adds. Images and sizes differ, so compare "
            "shapes, not heights."
        )


def base_styles(bases: list[Base]) -> dict[Base, SeriesStyle]:
    """Return the style of each depth and resolution, smaller ones first."""
    left = {kind: cycle(looks) for kind, looks in STYLES.items()}
    return {
        (d, r): SeriesStyle(f"d = {d:g}, r = {r:g}", *next(left[d > 1, r > 1])) for d, r in sorted(dict.fromkeys(bases))
    }


def _curves(points: pd.DataFrame) -> dict[Base, pd.DataFrame]:
    """Return the networks of each depth and resolution that has several widths."""
    curves = {}
    rounded = points.assign(**{name: points[name].astype(float).round(3) for name in MULTIPLIERS})
    for _, rows in rounded.groupby(["d", "r"]):
        if rows["w"].nunique() > 1:
            curves[_base(rows)] = network_means(rows, "flops").sort_values("x")
    return curves


def _published_curves() -> dict[Base, pd.DataFrame]:
    figure4 = read_published_table("figure4")
    multipliers = figure4["curve"].str.extract(r"d=([\d.]+),r=([\d.]+)").astype(float)
    rows = figure4.assign(d=multipliers[0], r=multipliers[1]).sort_values("point_index")
    return {_base(part): part for _, part in rows.groupby(["d", "r"])}


def _base(rows: pd.DataFrame) -> Base:
    return float(rows["d"].iloc[0]), float(rows["r"].iloc[0])


def _measured_panel(ax: Axes, curves: dict[Base, pd.DataFrame], styles: dict[Base, SeriesStyle]) -> None:
    for base, networks in curves.items():
        draw_networks(ax, networks, styles[base])
    divisor, unit = find_unit([flops for networks in curves.values() for flops in networks["x"]])
    ax.xaxis.set_major_formatter(lambda value, _: f"{value / divisor:g}")
    ax.set_xlim(0, None)
    ax.set_xlabel(f"FLOPs ({unit} multiply-adds)")
