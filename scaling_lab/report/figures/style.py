"""Style of all figures: column widths, font sizes, and one colour and marker per rule.

Colours of the common rules are those of Okabe and Ito; all can be distinguished by colour-blind readers, and markers
repeat the distinction.
PDFs embed TrueType fonts, as camera-ready checks ask for.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
import seaborn as sns
from matplotlib.figure import Figure

from scaling_lab.formatting import DOTS
from scaling_lab.report.figures.pdf_fonts import without_layout_tables

FigureWidth = Literal["column", "page"]
FigureFormat = Literal["png", "svg", "pdf"]

COLUMN_WIDTH = 3.25  # inches: one column of a paper
PAGE_WIDTH = 6.75  # inches: both columns
WIDTHS: dict[FigureWidth, float] = {"column": COLUMN_WIDTH, "page": PAGE_WIDTH}
DPI = 200
MAX_NAME = 30  # characters of a name in a title, a legend or a label
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
    "pdf.fonttype": 42,
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
    "resnet_rs": SeriesStyle("resnet_rs", "#99522E", "p"),
    "depth_width": SeriesStyle("depth_width", "#86BF69", "h"),
    "depth_resolution": SeriesStyle("depth_resolution", "#7300E6", "<"),
    "width_resolution": SeriesStyle("width_resolution", "#3950BF", ">"),
    "tinynet": SeriesStyle("tinynet", "#6A3F73", "*"),
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


def shorten(text: str, most: int = MAX_NAME) -> str:
    """Return a text of at most `most` characters, without its middle if it is longer."""
    if len(text) <= most:
        return text
    shown = most - 1
    return f"{text[: shown - shown // 2]}{DOTS}{text[len(text) - shown // 2 :]}"


def wrap_names(names: Iterable[object], most: int = MAX_NAME) -> str:
    """Return names joined by middle dots, in lines of at most `most` characters, each name shortened to one line."""
    lines: list[str] = []
    for name in (shorten(str(name), most) for name in names):
        joined = f"{lines[-1]} \N{MIDDLE DOT} {name}" if lines else name
        lines[-1:] = [joined] if not lines or len(joined) <= most else [lines[-1], name]
    return "\n".join(lines)


@contextmanager
def figure_style() -> Iterator[None]:
    """Context manager: apply the style while a figure is drawn or saved."""
    rc: Any = {**sns.axes_style("ticks"), **RC}
    with mpl.rc_context(rc):
        yield


METADATA: dict[FigureFormat, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""What a file says about itself: nothing that changes between runs."""


def save_figure(figure: Figure, stem: Path, formats: Iterable[FigureFormat] = ("png", "svg")) -> list[Path]:
    """Write `stem`.png, `stem`.svg or `stem`.pdf and return the paths. The bytes are reproducible.

    Args:
        figure: Figure to write.
        stem: Path without an ending.
        formats: Keys of METADATA.
    """
    paths = []
    with figure_style():
        if engine := figure.get_layout_engine():
            engine.execute(figure)
        figure.set_layout_engine(None)  # computed once for all formats; with an engine, each format is drawn twice
        for kind in formats:
            path = stem.with_name(f"{stem.name}.{kind}")
            with without_layout_tables() if kind == "pdf" else nullcontext():
                figure.savefig(path, dpi=DPI, metadata=METADATA[kind])
            paths.append(path)
    return paths
