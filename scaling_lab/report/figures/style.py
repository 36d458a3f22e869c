"""Style of all figures: column widths, font sizes, and one colour and marker per rule.

Colours are those of Okabe and Ito, which colour-blind readers can distinguish; markers repeat the distinction.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

LegendPlace = Literal["outside lower center", "outside upper center"]

COLUMN_WIDTH = 3.4  # inches: one column of a paper
PAGE_WIDTH = 7.0  # inches: both columns
MAX_COLUMNS = 3  # panels side by side
DPI = 200
INK, FAINT = "#222222", "#d9d9d9"

RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.titlesize": 8.5,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 2,
    "legend.handletextpad": 0.6,
    "legend.columnspacing": 1.4,
    "axes.linewidth": 0.6,
    "axes.edgecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#ebebeb",
    "grid.linewidth": 0.6,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "xtick.major.width": 0.6,
    "lines.linewidth": 1.3,
    "lines.markersize": 4.6,
    "lines.markeredgewidth": 0.4,
    "text.parse_math": False,
    "svg.hashsalt": "scaling-lab",
}


@dataclass(frozen=True)
class SeriesStyle:
    """Name, colour and marker of a series."""

    name: str
    color: str
    marker: str


RULES = {
    "depth": SeriesStyle("depth", "#0072B2", "o"),
    "width": SeriesStyle("width", "#E69F00", "s"),
    "resolution": SeriesStyle("resolution", "#009E73", "^"),
    "compound": SeriesStyle("compound", "#D55E00", "D"),
    "uniform": SeriesStyle("uniform", "#CC79A7", "v"),
    "fast": SeriesStyle("fast", "#56B4E9", "P"),
    "multipliers": SeriesStyle("multipliers", "#555555", "X"),
}
OTHER_RULES = (("#882255", "p"), ("#999933", "h"), ("#332288", "<"), ("#117733", ">"), ("#AA4499", "*"))
FAMILIES = (("#332288", "o"), ("#AA4499", "s"), ("#117733", "^"), ("#999933", "D"), ("#88CCEE", "v"), ("#661100", "P"))
BASELINE = SeriesStyle("baseline", INK, "o")


def rule_styles(rules: Iterable[str]) -> dict[str, SeriesStyle]:
    """Return the style of each rule: known rules first, in the order of RULES, then others by name."""
    names = set(rules)
    known = {name: style for name, style in RULES.items() if name in names}
    return known | _cycled(sorted(names - set(RULES)), OTHER_RULES)


def family_styles(families: Iterable[str]) -> dict[str, SeriesStyle]:
    """Return the style of each family, by name, in colours that no rule uses."""
    return _cycled(sorted(set(families)), FAMILIES)


def _cycled(names: list[str], styles: tuple[tuple[str, str], ...]) -> dict[str, SeriesStyle]:
    return {name: SeriesStyle(name, *styles[i % len(styles)]) for i, name in enumerate(names)}


@contextmanager
def figure_style() -> Iterator[None]:
    """Context manager: apply the style while a figure is drawn or saved."""
    rc: Any = {**sns.axes_style("ticks"), **RC}
    with mpl.rc_context(rc):
        yield


def grid_size(panels: int) -> tuple[int, int, float]:
    """Return columns, rows and width in inches of a figure with this many panels."""
    columns, rows = min(MAX_COLUMNS, max(1, panels)), max(1, ceil(panels / MAX_COLUMNS))
    return columns, rows, PAGE_WIDTH if columns > 1 else COLUMN_WIDTH


def legend_rows(styles: Sequence[SeriesStyle], width: float) -> int:
    """Return the number of rows of a legend in a figure of this width (inches)."""
    longest = max((len(style.name) for style in styles), default=1)
    entry = RC["legend.fontsize"] * (4.0 + 0.58 * longest)
    return ceil(len(styles) / max(1, int(72 * width / entry)))


def add_legend(figure: Figure, styles: Sequence[SeriesStyle], place: LegendPlace = "outside lower center") -> None:
    """Add one legend outside of all panels, in rows of equal length that fit the figure's width."""
    if styles:
        columns = ceil(len(styles) / legend_rows(styles, figure.get_figwidth()))
        figure.legend(handles=[_handle(style) for style in styles], loc=place, ncols=columns)


def _handle(style: SeriesStyle) -> Line2D:
    alone = style in (BASELINE, RULES["multipliers"])
    linestyle: Literal["none", "-"] = "none" if alone else "-"
    return Line2D([], [], color=style.color, marker=style.marker, linestyle=linestyle, label=style.name)


def save_figure(figure: Figure, stem: Path) -> list[Path]:
    """Write `stem`.png and `stem`.svg and return both paths. The bytes are reproducible."""
    metadata_by_format: dict[str, dict[str, Any]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
    paths = []
    with figure_style():
        for kind, metadata in metadata_by_format.items():
            path = stem.with_name(f"{stem.name}.{kind}")
            figure.savefig(path, dpi=DPI, metadata=metadata)
            paths.append(path)
    return paths
