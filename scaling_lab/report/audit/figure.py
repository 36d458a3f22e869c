"""The audit's figure: deviation of the lab's counts from published multiply-adds, one panel per table or figure."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scaling_lab.paper.audit.recount import Recount
from scaling_lab.report.figures.style import FAINT, INK, PAGE_WIDTH, figure_style

FIGURE_NAME = "deviation"
FIGURE_TITLE = "Counted and published multiply-adds"
FIGURE_ALT = "Deviation in percent of the lab's count from the printed multiply-adds of each published row"
PANEL_COLUMNS = (("Table 2", "Table 3"), ("Table 7", "Figure 3"), ("Figure 4", "Figure 8"))
MATCH_STYLE, OTHER_STYLE, NO_MATCH_STYLE = (
    ("#009E73", "o", "matches"),
    ("#E69F00", "s", "matches under another reading only"),
    ("#D55E00", "X", "matches under no reading"),
)
"""Color, marker and name in the legend."""
ROW_HEIGHT = 0.16
"""In inches."""


def draw_deviations(recounts: Sequence[Recount]) -> Figure:
    """Draw deviations in percent: the mark is the usual reading, the bar spans all readings, zero is published."""
    counted = [recount for recount in recounts if recount.has_flops]
    panels = [[_of_table(counted, name) for name in names if _of_table(counted, name)] for names in PANEL_COLUMNS]
    columns = [column for column in panels if column]
    heights = [[len(panel) + 2 for panel in column] for column in columns]
    limit = max(abs(value) for recount in counted for value in (recount.deviation, *_deviation_range(recount))) * 1.08
    tallest = max(sum(column) for column in heights)
    with figure_style():
        figure = Figure(figsize=(PAGE_WIDTH, 0.95 + ROW_HEIGHT * tallest), layout="constrained")
        grid = figure.subfigures(1, len(columns), squeeze=False)[0]
        for part, column, height in zip(grid, columns, heights, strict=True):
            spare = tallest - sum(height)
            axes = part.subplots(
                len(column) + bool(spare), 1, squeeze=False, height_ratios=[*height, *[spare] * bool(spare)]
            )
            for ax in axes[len(column) :, 0]:
                ax.set_axis_off()
            for ax, panel in zip(axes[:, 0], column, strict=False):
                _draw_panel(ax, panel, limit)
            axes[len(column) - 1, 0].set_xlabel("deviation (%)")
        figure.legend(handles=_legend_handles(), loc="outside lower center", ncols=3)
    return figure


def deviation_caption(recounts: Sequence[Recount]) -> str:
    """Return the caption: what is drawn and where the published numbers come from."""
    number = sum(recount.has_flops for recount in recounts)
    return (
        f"{number} rows and points of the EfficientNet paper (arXiv 1905.11946) about networks that the lab has; zero "
        "is the published number. Mark: the lab's count under the usual reading. Bar: range of the counts of all "
        "readings. A table's row matches if the count has its printed digits, a figure's point also if the count is "
        "within 1 %. Star: the row prints no multipliers; those of another row are assumed. FLOPs are multiply-adds."
    )


def _of_table(recounts: Sequence[Recount], table: str) -> list[Recount]:
    return [recount for recount in recounts if recount.row.table == table]


def _deviation_range(recount: Recount) -> tuple[float, float]:
    low, high = recount.flops_range
    return recount.printed.deviation(low), recount.printed.deviation(high)


def _draw_panel(ax: Axes, panel: Sequence[Recount], limit: float) -> None:
    for place, recount in enumerate(panel):
        ax.plot(_deviation_range(recount), (place, place), color=FAINT, linewidth=3, solid_capstyle="butt", zorder=1)
        style = MATCH_STYLE if recount.is_match else OTHER_STYLE if recount.matching_counts else NO_MATCH_STYLE
        color, marker, _ = style
        ax.plot(recount.deviation, place, color=color, marker=marker, linestyle="none", markeredgecolor=INK, zorder=3)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=2)
    ax.set_yticks(range(len(panel)), [_row_label(recount) for recount in panel], fontsize=7)
    ax.set(xlim=(-limit, limit), ylim=(len(panel) - 0.4, -0.6))
    ax.tick_params(axis="x", labelsize=7)
    ax.grid(axis="x", color=FAINT, linewidth=0.5)
    ax.grid(visible=False, axis="y")
    ax.set_title(panel[0].row.table, fontsize=8, fontweight="bold", loc="left", pad=3)


def _row_label(recount: Recount) -> str:
    """Return a short label: the multipliers that are not 1 for a scaled row, else the row's own label."""
    row = recount.row
    if row.table not in ("Table 3", "Table 7") or row.multipliers is None:
        return row.label.removeprefix("EfficientNet-").replace(" point ", " #")
    scaled = {name: f"{value:g}" for name, value in vars(row.multipliers).items() if value != 1}
    if len(scaled) > 1:
        text = "/".join(scaled.values())
    else:
        text = "".join(f"{name}={value}" for name, value in scaled.items())
    return f"{row.base.removeprefix('EfficientNet-')} {text or 'baseline'}{' *' if row.is_assumed else ''}"


def _legend_handles() -> list[Line2D]:
    marks = [
        Line2D([], [], color=color, marker=marker, linestyle="none", markeredgecolor=INK, label=name)
        for color, marker, name in (MATCH_STYLE, OTHER_STYLE, NO_MATCH_STYLE)
    ]
    return [
        *marks,
        Line2D([], [], color=FAINT, linewidth=3, label="range over all readings"),
        Line2D([], [], color=INK, label="published"),
    ]
