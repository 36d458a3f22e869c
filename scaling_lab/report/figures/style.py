"""How every figure looks: widths of a paper's columns, sizes in points, and one colour and marker a rule.

Colours are those of Okabe and Ito, which colour-blind readers tell apart; markers tell the same thing again.
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

Where = Literal["outside lower center", "outside upper center"]

COLUMN_WIDTH = 3.4  # inches: one column of a paper
PAGE_WIDTH = 7.0  # inches: both columns
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
    """How one line is drawn, and its name for readers."""

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
    """A look a rule, known rules first in their order, then the others by name; a new rule needs no line here."""
    asked = set(rules)
    known = {name: look for name, look in RULES.items() if name in asked}
    return known | _cycled(sorted(asked - set(RULES)), OTHER_RULES)


def family_styles(families: Iterable[str]) -> dict[str, SeriesStyle]:
    """A look a family, by name, in colours that no rule has."""
    return _cycled(sorted(set(families)), FAMILIES)


def _cycled(names: list[str], looks: tuple[tuple[str, str], ...]) -> dict[str, SeriesStyle]:
    return {name: SeriesStyle(name, *looks[i % len(looks)]) for i, name in enumerate(names)}


@contextmanager
def figure_style() -> Iterator[None]:
    """The look of every figure while it is drawn or saved."""
    rc: Any = {**sns.axes_style("ticks"), **RC}
    with mpl.rc_context(rc):
        yield


def legend_rows(looks: Sequence[SeriesStyle], width: float) -> int:
    """Rows that a legend needs in a figure of this width in inches."""
    longest = max((len(look.name) for look in looks), default=1)
    entry = RC["legend.fontsize"] * (4.0 + 0.58 * longest)
    return ceil(len(looks) / max(1, int(72 * width / entry)))


def add_legend(figure: Figure, looks: Sequence[SeriesStyle], where: Where = "outside lower center") -> None:
    """One legend outside of all panels, in as many even rows as the figure's width asks for."""
    if looks:
        columns = ceil(len(looks) / legend_rows(looks, figure.get_figwidth()))
        figure.legend(handles=[_handle(look) for look in looks], loc=where, ncols=columns)


def _handle(look: SeriesStyle) -> Line2D:
    alone = look in (BASELINE, RULES["multipliers"])
    style: Literal["none", "-"] = "none" if alone else "-"
    return Line2D([], [], color=look.color, marker=look.marker, linestyle=style, label=look.name)


def save_figure(figure: Figure, stem: Path) -> list[Path]:
    """Writes `stem`.png and `stem`.svg, the same bytes every time, and returns both paths."""
    nameless: dict[str, dict[str, Any]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
    paths = []
    with figure_style():
        for kind, metadata in nameless.items():
            path = stem.with_name(f"{stem.name}.{kind}")
            figure.savefig(path, dpi=DPI, metadata=metadata)
            paths.append(path)
    return paths
