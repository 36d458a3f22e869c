"""Accuracy over the triangle of depth, width and resolution shares at equal FLOPs: a panel a family and budget."""

from math import ceil

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.tri import Triangulation, UniformTriRefiner

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.shares.surface import ShareSurface, fit_surfaces
from scaling_lab.analysis.shares.triangle import CORNERS, KNOWN_SHARES, make_lattice, project_triangle, share_point
from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.curve import panel_name
from scaling_lab.report.figures.points import measured_points
from scaling_lab.report.figures.style import COLUMN_WIDTH, INK, PAGE_WIDTH, SeriesStyle, figure_style, rule_styles

TITLE = "Accuracy over the shares of depth, width and resolution"
ALT = "A triangle of depth, width and resolution shares, coloured by accuracy at equal FLOPs, with networks and rules"
MEASURED = True
ACROSS = 3
FINE = 60
BLUES = LinearSegmentedColormap.from_list("shares", ["#f4f7fa", "#b9d3e6", "#5e9cc4", "#1f5f8f"])
GRID = "#9aa4ad"
BEST = SeriesStyle("best of the surface", "#000000", "*")
NAMED = {"compound": "compound (paper)", "fast": "fast (Dollar)", "uniform": "uniform"}


def shown(table: pd.DataFrame) -> bool:
    """Whether any budget has a surface of second degree; a plane says too little for a figure."""
    return any(surface.degree == 2 for surface in fit_surfaces(collect_evidence(table).at_recipe_lr()))


def draw(table: pd.DataFrame) -> Figure:
    """A triangle a setting and budget. Raises ValueError naming a missing column."""
    measured_points(table)
    found = _drawn(fit_surfaces(collect_evidence(table).at_recipe_lr()))
    columns, rows = min(ACROSS, max(1, len(found))), max(1, ceil(len(found) / ACROSS))
    width = PAGE_WIDTH if columns > 1 else COLUMN_WIDTH
    with figure_style():
        each = width / columns
        figure = Figure(figsize=(width, (0.84 * each + 0.78) * rows + 0.5), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax in axes:
            ax.set_axis_off()
        for ax, surface in zip(axes, found, strict=False):
            _panel(ax, surface, figure)
            name = panel_name(surface.setting, [each.setting for each in found])
            ax.set_title(f"{name} at {surface.times_flops:g}{TIMES}", fontweight="bold", pad=4)
        if not found:
            words = "no network with shares at a budget other than 1\N{MULTIPLICATION SIGN}"
            axes[0].text(0.5, 0.5, words, transform=axes[0].transAxes, ha="center", color=INK)
        _legend(figure, found)
    return figure


def _drawn(found: list[ShareSurface]) -> list[ShareSurface]:
    """Those with a surface; where there is none, those with a network."""
    return [each for each in found if each.degree] or [each for each in found if each.networks]


def _panel(ax: Axes, surface: ShareSurface, figure: Figure) -> None:
    ax.set_aspect("equal")
    accuracies = [100 * network.accuracy for network in surface.networks]
    field = make_lattice(FINE)
    heights = 100 * surface.accuracy(field) if surface.degree else np.array(accuracies)
    whole = np.append(heights, accuracies)
    low, high = (float(whole.min()), float(whole.max())) if whole.size else (0.0, 1.0)
    norm = Normalize(low, high if high > low else low + 1)
    if surface.degree:
        x, y = project_triangle(field).T
        ax.tricontourf(Triangulation(x, y), heights, levels=24, cmap=BLUES, norm=norm, zorder=0)
    _frame(ax)
    if surface.region is not None:
        points, short = surface.region.grid
        fine, depth = UniformTriRefiner(Triangulation(*project_triangle(points).T)).refine_field(short, subdiv=2)
        if depth.min() < 0 < depth.max():
            ax.tricontour(fine, depth, levels=[0], colors=[INK], linewidths=1.1)
    dots = _networks(ax, surface, accuracies, norm)
    _landmarks(ax, surface)
    if surface.best is not None:
        ax.plot(*project_triangle(surface.best), **_style(BEST, 9))
    if dots is not None:
        bar = figure.colorbar(dots, ax=ax, orientation="horizontal", shrink=0.62, aspect=22, pad=0.03)
        bar.set_label("test accuracy (%)")
        bar.outline.set_visible(False)  # type: ignore[operator]
        bar.ax.tick_params(length=2, width=0.5)
    if surface.degree < 2:
        words = "a plane: no best point" if surface.degree else "no surface: too few different networks"
        ax.text(0.5, -0.15, words, ha="center", va="top", color=INK, fontsize=7)


def _frame(ax: Axes) -> None:
    """The triangle with a line every quarter, its ticks in percent and its corners named."""
    looks = rule_styles(["depth", "width", "resolution"])
    for part in (0.25, 0.5, 0.75):
        rest = 1 - part
        for line in ([[part, 0], [part, rest]], [[0, part], [rest, part]], [[rest, 0], [0, rest]]):
            ax.plot(*project_triangle(np.array(line)).T, color=GRID, linewidth=0.5, alpha=0.6, zorder=1)
    ax.plot(*project_triangle(CORNERS[[0, 1, 2, 0]]).T, color=INK, linewidth=0.8, zorder=1.5, solid_joinstyle="round")
    places = {"depth": (0.5, 0.91, "center", "bottom"), "width": (-0.13, -0.05, "left", "top")}
    places["resolution"] = (1.13, -0.05, "right", "top")
    for name, (x, y, ha, va) in places.items():
        ax.text(x, y, f"all {name}", ha=ha, va=va, color=looks[name].color, fontweight="bold", fontsize=7.5)
    ax.set(xlim=(-0.16, 1.16), ylim=(-0.13, 0.98))


def _networks(ax: Axes, surface: ShareSurface, accuracies: list[float], norm: Normalize) -> PathCollection | None:
    if not surface.networks:
        return None
    x, y = project_triangle(surface.points).T
    return ax.scatter(
        x, y, c=accuracies, cmap=BLUES, norm=norm, s=30, edgecolor=INK, linewidth=0.8, zorder=4, clip_on=False
    )


def _landmarks(ax: Axes, surface: ShareSurface) -> None:
    """Where the rules with shares of all three lie as asked."""
    for rule, look in rule_styles(NAMED).items():
        if surface.degree or surface.networks:
            ax.plot(*project_triangle(share_point(KNOWN_SHARES[rule])), **_style(look, 5.2))


def _style(look: SeriesStyle, size: float) -> dict:
    edge = {"markeredgecolor": "white", "markeredgewidth": 0.7}
    return {"color": look.color, "marker": look.marker, "markersize": size, "linestyle": "none", "zorder": 6} | edge


def _legend(figure: Figure, found: list[ShareSurface]) -> None:
    handles = [Line2D([], [], **_style(look, 5.2), label=NAMED[rule]) for rule, look in rule_styles(NAMED).items()]
    ring = {"marker": "o", "color": "#b9d3e6", "markeredgecolor": INK, "markersize": 5.5, "linestyle": "none"}
    handles.insert(0, Line2D([], [], **ring, label="a network, measured"))
    if any(surface.best is not None for surface in found):
        handles.append(Line2D([], [], **_style(BEST, 9), label=BEST.name))
    if any(surface.region is not None for surface in found):
        handles.append(Line2D([], [], color=INK, linewidth=1.1, label="95 % region of the best"))
    columns = 3 if figure.get_figwidth() > COLUMN_WIDTH else 2
    figure.legend(handles=handles, loc="outside lower center", ncols=columns)


def caption(table: pd.DataFrame) -> str:
    """What the colours are, what was fitted, and what the region means."""
    found = fit_surfaces(collect_evidence(table).at_recipe_lr())
    seeds = max((len(cell.seeds) for surface in found for cell in surface.cells), default=0)
    over = "one seed" if seeds == 1 else f"mean over up to {seeds} seeds" if seeds else "nothing finished yet"
    said = (
        "Measured. Each circle is a network at the shares of the logarithm of its FLOPs (multiply-adds) that it really "
        "got in depth, width and resolution, coloured by its test accuracy "
        f"({over}). Lines are a quarter apart. "
    )
    degrees = {surface.degree for surface in found}
    if 2 in degrees:
        said += "The coloured surface is of second degree, by weighted least squares. "
    if 1 in degrees:
        said += "With four to six networks it is a plane, which has no best point. "
    if degrees <= {0}:
        said += "No surface is drawn: a plane needs four different networks, curvature seven. "
    if any(surface.region is not None for surface in found):
        said += (
            "The star is its highest point; inside the outline lies what may be the highest, at 95 % over other "
            "seeds and other test pictures. "
        )
    return f"{said}Coloured marks are the rules' shares as asked, before rounding."
