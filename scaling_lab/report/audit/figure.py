"""One figure: by how much the counts are off, a dot a published row, a panel a table."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from scaling_lab.paper.audit.recount import Recount
from scaling_lab.report.figures.style import FAINT, INK, PAGE_WIDTH, figure_style

NAME = "deviation"
TITLE = "Counted against published multiply-adds"
ALT = "By how many percent the lab's count of each published row is above or below the printed multiply-adds"
COLUMNS = (("Table 2", "Table 3"), ("Table 7", "Figure 3"), ("Figure 4", "Figure 8"))
OUT, OTHER, NONE = (
    ("#009E73", "o", "comes out"),
    ("#E69F00", "s", "under another reading only"),
    ("#D55E00", "X", "under none"),
)
LINE = 0.15
"""Inches of height a row."""


def draw(recounts: Sequence[Recount]) -> Figure:
    """Deviation in percent; the bar spans all readings, the dot is the usual one. Published numbers are zero."""
    counted = [each for each in recounts if each.has_flops]
    columns = [own for names in COLUMNS if (own := [_of(counted, name) for name in names if _of(counted, name)])]
    heights = [[len(panel) + 2 for panel in column] for column in columns]
    reach = max(abs(off) for each in counted for off in (each.off, *_span(each))) * 1.08
    tallest = max(sum(column) for column in heights)
    with figure_style():
        figure = Figure(figsize=(PAGE_WIDTH, 0.75 + LINE * tallest), layout="constrained")
        grid = figure.subfigures(1, len(columns), squeeze=False)[0]
        for part, column, height in zip(grid, columns, heights, strict=True):
            spare = tallest - sum(height)
            axes = part.subplots(
                len(column) + bool(spare), 1, squeeze=False, height_ratios=[*height, *[spare] * bool(spare)]
            )
            for ax in axes[len(column) :, 0]:
                ax.set_axis_off()
            for ax, panel in zip(axes[:, 0], column, strict=False):
                _panel(ax, panel, reach)
        figure.legend(handles=_handles(), loc="outside lower center", ncols=5)
    return figure


def caption(recounts: Sequence[Recount]) -> str:
    """What is drawn, and what is published in it."""
    counted = [each for each in recounts if each.has_flops]
    return (
        f"Zero is the published number, of the EfficientNet paper (arXiv 1905.11946); {len(counted)} rows and points "
        "of networks that the lab has. A mark is the lab's count under the usual reading, above or below it in "
        "percent; the bar behind it spans the counts of all readings. A table's row comes out when the count has its "
        "printed digits, a figure's point also when the count is within 1 %. A star: that row prints no multipliers, "
        "and those of the row that does are assumed. FLOPs are multiply-adds."
    )


def _of(counted: Sequence[Recount], table: str) -> list[Recount]:
    return [each for each in counted if each.row.table == table]


def _span(each: Recount) -> tuple[float, float]:
    low, high = each.span
    return each.printed.off(low), each.printed.off(high)


def _panel(ax: Axes, panel: Sequence[Recount], reach: float) -> None:
    for place, each in enumerate(panel):
        ax.plot(_span(each), (place, place), color=FAINT, linewidth=3, solid_capstyle="butt", zorder=1)
        color, marker, _ = OUT if each.comes_out else OTHER if each.fitting else NONE
        ax.plot(each.off, place, color=color, marker=marker, linestyle="none", markeredgecolor=INK, zorder=3)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=2)
    ax.set_yticks(range(len(panel)), [_label(each) for each in panel], fontsize=6)
    ax.set(xlim=(-reach, reach), ylim=(len(panel) - 0.4, -0.6))
    ax.tick_params(axis="x", labelsize=6)
    ax.grid(axis="x", color=FAINT, linewidth=0.5)
    ax.grid(visible=False, axis="y")
    ax.set_title(f"{panel[0].row.table} (off, %)", fontsize=7.5, fontweight="bold", loc="left", pad=3)


def _label(each: Recount) -> str:
    """Short: the multipliers that are not 1 for a scaled row, the label for a point or a network."""
    row = each.row
    if row.table not in ("Table 3", "Table 7") or row.by is None:
        return row.label.removeprefix("EfficientNet-").replace(" point ", " #")
    scaled = {name: f"{value:g}" for name, value in vars(row.by).items() if value != 1}
    told = (
        "/".join(scaled.values()) if len(scaled) > 1 else "".join(f"{name}={value}" for name, value in scaled.items())
    )
    return f"{row.base.removeprefix('EfficientNet-')} {told or 'baseline'}{' *' if row.assumed else ''}"


def _handles() -> list[Line2D]:
    marks = [
        Line2D([], [], color=color, marker=marker, linestyle="none", markeredgecolor=INK, label=name)
        for color, marker, name in (OUT, OTHER, NONE)
    ]
    return [
        *marks,
        Line2D([], [], color=FAINT, linewidth=3, label="all readings"),
        Line2D([], [], color=INK, label="published"),
    ]
