"""Accuracy over the triangle of depth, width and resolution shares at equal FLOPs, one panel per family and budget."""

from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.tri import Triangulation, UniformTriRefiner

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.shares.fit_surfaces import fit_surfaces
from scaling_lab.analysis.shares.surface import ShareSurface
from scaling_lab.analysis.shares.triangle import CORNERS, KNOWN_SHARES, make_lattice, project_triangle, share_point
from scaling_lab.analysis.text.metrics import describe_images
from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.curve import panel_name
from scaling_lab.report.figures.panels import choose_width, count_columns
from scaling_lab.report.figures.points import measured_points
from scaling_lab.report.figures.style import COLUMN_WIDTH, INK, SeriesStyle, figure_style, rule_styles

FINE = 60
BLUES = LinearSegmentedColormap.from_list("shares", ["#f4f7fa", "#b9d3e6", "#5e9cc4", "#1f5f8f"])
_GRID_COLOR = "#9aa4ad"
BEST = SeriesStyle("highest point of the surface", "#000000", "*")
_MARKED_RULES = {"compound": "compound (paper)", "fast": "fast (Dollar)", "uniform": "uniform"}


class ShareTriangles(ReportFigure):
    """Fitted surfaces of accuracy over shares, one triangle per setting and budget."""

    title = "Accuracy over the shares of depth, width and resolution"
    alt = (
        "A triangle of depth, width and resolution shares at equal FLOPs, coloured by accuracy, with networks and rules"
    )
    needs = "seven different networks at one budget, and a surface whose fit is not rejected"

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether any budget has a surface whose fit was tested and accepted."""
        return any(surface.is_accepted for surface in fit_surfaces(self.collect_evidence(table)))

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw one triangle per setting and budget."""
        measured_points(table)
        triangles = _drawn(fit_surfaces(self.collect_evidence(table)))
        width = choose_width(len(triangles), self.width)
        columns = count_columns(len(triangles), width)
        rows = max(1, ceil(len(triangles) / columns))
        with figure_style():
            side = width / columns
            figure = Figure(
                figsize=(width, (0.84 * side + 0.78) * rows + (0.5 if width > COLUMN_WIDTH else 1.0)),
                layout="constrained",
            )
            axes = figure.subplots(rows, columns, squeeze=False).ravel()
            for ax in axes:
                ax.set_axis_off()
            for ax, surface in zip(axes, triangles, strict=False):
                _panel(ax, surface, figure, self.scoring.metric)
                name = panel_name(surface.setting, [triangle.setting for triangle in triangles])
                ax.set_title(f"{name} at {surface.times_flops:g}{TIMES}", fontweight="bold", pad=4)
            if not triangles:
                message = f"no network with shares at a budget other than 1{TIMES}"
                axes[0].text(0.5, 0.5, message, transform=axes[0].transAxes, ha="center", color=INK)
            _legend(figure, triangles, self.scoring.metric)
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: the colours, the fitted surface, and the meaning of the region."""
        triangles = fit_surfaces(self.collect_evidence(table))
        seeds = max((len(cell.seeds) for surface in triangles for cell in surface.cells), default=0)
        over = "one seed" if seeds == 1 else f"mean over up to {seeds} seeds" if seeds else "no finished results"
        text = (
            "Measured. Each circle is a network, placed at the shares of depth, width and resolution in the logarithm "
            f"of its FLOPs (multiply-adds) as obtained, coloured by its {self.scoring.metric.label} ({over}). Grid "
            "lines are a quarter apart. "
        )
        if any(surface.is_accepted for surface in triangles):
            text += "The coloured surface is of second degree, fitted by weighted least squares. "
        else:
            text += "No surface is drawn: it needs seven different networks and a fit that is not rejected. "
        if any(surface.region is not None for surface in triangles):
            text += (
                f"The star is its {self.scoring.metric.best} point; the outline is the 95 % region of that point over "
                f"other seeds and {describe_images(self.scoring.metric)}. "
            )
        return f"{text}Coloured marks are the shares that the rules request, before rounding."


def _drawn(triangles: list[ShareSurface]) -> list[ShareSurface]:
    """Return the triangles that have a surface or, if there are none, those that have a network."""
    return [t for t in triangles if t.is_accepted] or [t for t in triangles if t.networks]


def _panel(ax: Axes, surface: ShareSurface, figure: Figure, metric: Metric) -> None:
    ax.set_aspect("equal")
    measured = metric.restore(np.array([network.accuracy for network in surface.networks]))
    field = make_lattice(FINE)
    heights = metric.restore(surface.accuracy(field)) if surface.is_accepted else measured
    values = np.append(heights, measured)
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    norm = Normalize(low, high if high > low else low + 1)
    if surface.is_accepted:
        x, y = project_triangle(field).T
        ax.tricontourf(Triangulation(x, y), heights, levels=24, cmap=BLUES, norm=norm, zorder=0)
    _frame(ax)
    if surface.region is not None:
        points, short = surface.region.grid
        fine, depth = UniformTriRefiner(Triangulation(*project_triangle(points).T)).refine_field(short, subdiv=2)
        if depth.min() < 0 < depth.max():
            ax.tricontour(fine, depth, levels=[0], colors=[INK], linewidths=1.1)
    dots = _networks(ax, surface, measured, norm)
    _landmarks(ax, surface)
    if surface.best is not None:
        ax.plot(*project_triangle(surface.best), **_marker_style(BEST, 9))
    if dots is not None:
        bar = figure.colorbar(dots, ax=ax, orientation="horizontal", shrink=0.62, aspect=22, pad=0.03)
        bar.set_label(metric.axis_label)
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=2, width=0.5)
    if not surface.is_accepted:
        message = "no surface: too few networks" if surface.no_surface_reason else "no surface: fit not accepted"
        ax.text(0.5, -0.15, message, ha="center", va="top", color=INK, fontsize=7)


def _frame(ax: Axes) -> None:
    """Draw the triangle with a line every quarter and the names of its corners."""
    styles = rule_styles(["depth", "width", "resolution"])
    for part in (0.25, 0.5, 0.75):
        rest = 1 - part
        for line in ([[part, 0], [part, rest]], [[0, part], [rest, part]], [[rest, 0], [0, rest]]):
            ax.plot(*project_triangle(np.array(line)).T, color=_GRID_COLOR, linewidth=0.5, alpha=0.6, zorder=1)
    ax.plot(*project_triangle(CORNERS[[0, 1, 2, 0]]).T, color=INK, linewidth=0.8, zorder=1.5, solid_joinstyle="round")
    places = {"depth": (0.5, 0.91, "center", "bottom"), "width": (-0.13, -0.05, "left", "top")}
    places["resolution"] = (1.13, -0.05, "right", "top")
    for name, (x, y, ha, va) in places.items():
        ax.text(x, y, f"all {name}", ha=ha, va=va, color=styles[name].color, fontweight="bold", fontsize=7.5)
    ax.set(xlim=(-0.16, 1.16), ylim=(-0.13, 0.98))


def _networks(ax: Axes, surface: ShareSurface, measured: FloatArray, norm: Normalize) -> PathCollection | None:
    if not surface.networks:
        return None
    x, y = project_triangle(surface.points).T
    return ax.scatter(
        x, y, c=measured, cmap=BLUES, norm=norm, s=30, edgecolor=INK, linewidth=0.8, zorder=4, clip_on=False
    )


def _landmarks(ax: Axes, surface: ShareSurface) -> None:
    """Mark the requested shares of the rules that grow all three dimensions."""
    for rule, style in rule_styles(_MARKED_RULES).items():
        if surface.networks:
            ax.plot(*project_triangle(share_point(KNOWN_SHARES[rule])), **_marker_style(style, 5.2))


def _marker_style(style: SeriesStyle, size: float) -> dict[str, Any]:
    edge = {"markeredgecolor": "white", "markeredgewidth": 0.7}
    return {"color": style.color, "marker": style.marker, "markersize": size, "linestyle": "none", "zorder": 6} | edge


def _legend(figure: Figure, triangles: list[ShareSurface], metric: Metric) -> None:
    handles = [
        Line2D([], [], **_marker_style(style, 5.2), label=_MARKED_RULES[rule])
        for rule, style in rule_styles(_MARKED_RULES).items()
    ]
    ring: dict[str, Any] = {
        "marker": "o",
        "color": "#b9d3e6",
        "markeredgecolor": INK,
        "markersize": 5.5,
        "linestyle": "none",
    }
    handles.insert(0, Line2D([], [], **ring, label="measured network"))
    if any(surface.best is not None for surface in triangles):
        handles.append(Line2D([], [], **_marker_style(BEST, 9), label=BEST.name))
    if any(surface.region is not None for surface in triangles):
        handles.append(Line2D([], [], color=INK, linewidth=1.1, label=f"95 % region of the {metric.best} point"))
    columns = 3 if figure.get_figwidth() > COLUMN_WIDTH else 1  # two long labels are wider than a column
    figure.legend(handles=handles, loc="outside lower center", ncols=columns)
