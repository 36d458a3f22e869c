"""Training loss and held-out accuracy after each epoch: a line per rule, a band over its seeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.panels import make_panels
from scaling_lab.report.figures.points import NETWORK, PANEL, explain_one_seed, measured_points, split_panels
from scaling_lab.report.figures.style import BASELINE, SeriesStyle, figure_style, rule_styles
from scaling_lab.store.epochs import EpochReader, Epochs

MAX_PANELS = 3
"""Most settings that are drawn: the first ones, each at its largest budget."""
MEASURES = (("train_loss", "training loss"), ("held_out_accuracy", "held-out accuracy (%)"))


@dataclass(frozen=True, eq=False)
class Curve:
    """A network in a panel.

    Attributes:
        rule: The rule, or None for the baseline.
        histories: `train_loss` or `held_out_accuracy` of each seed after each epoch.
    """

    rule: str | None
    histories: Mapping[str, list[list[float]]]


class LearningCurves(ReportFigure):
    """How the networks of each setting learn, at its largest budget."""

    title = "Learning curves"
    alt = "Training loss and held-out accuracy against epochs, one line per rule with a band over seeds"
    needs = "a record of two epochs or more, which imported results and studies sealed by older versions lack"

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether any network was trained for several epochs, which are recorded."""
        rows = measured_points(table)
        several = rows["epochs"].fillna(2) > 1 if "epochs" in rows else slice(None)  # older tables do not say how many
        reader = self._reader
        return reader is not None and any(
            len(epochs.train_loss) > 1 for key in rows[several]["key"] if (epochs := reader.read(key))
        )

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw a column of two panels per setting."""
        panels = self._panels(table)
        rules = [curve.rule for curves in panels.values() for curve in curves]
        styles = rule_styles(rule for rule in rules if rule)
        named = [BASELINE] * (None in rules) + list(styles.values())
        count = max(1, len(panels))
        with figure_style():
            figure, axes, _ = make_panels(2 * count, 1.9, named, width=self.width or "page", most=count)
            is_narrow = self.width == "column"
            for place, (name, curves) in enumerate(panels.items()):
                for row, (measure, label) in enumerate(MEASURES):
                    ax = axes[2 * place + row if is_narrow else row * count + place]
                    _draw_panel(ax, curves, measure, styles)
                    ax.set_xlabel("epochs" if row else "")
                    ax.set_ylabel(label if is_narrow or not place else "")
                    if not row:
                        ax.set_title(name, fontweight="bold")
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: what the bands are, and what is left out."""
        points = measured_points(table)
        settings = len(split_panels(points))
        some = f" The first {MAX_PANELS} of {settings} settings." if settings > MAX_PANELS else ""
        one_seed = explain_one_seed(table, "there are no bands")
        return (
            "Measured. Mean training loss (with label smoothing, if the recipe has it) and accuracy on the held-out "
            "images after each epoch, for the largest budget of each setting and its baseline. Lines are means "
            f"over seeds, bands span the lowest and the highest seed.{one_seed}{some} Results without a record of "
            "each epoch have no held-out accuracy."
        )

    def _panels(self, table: pd.DataFrame) -> dict[str, list[Curve]]:
        points = measured_points(table)
        panels = {}
        for name, part in split_panels(points)[:MAX_PANELS]:
            largest = part["times_flops"].max()
            at = f"{name}\n{largest:g}{TIMES}" if largest > 1 else name
            rows = part[(part["times_flops"] == largest) | (part["times_flops"] == 1) | part["times_flops"].isna()]
            panels[at] = [curve for curve in self._curves(rows) if any(curve.histories["train_loss"])]
        return panels

    def _curves(self, points: pd.DataFrame) -> list[Curve]:
        """Return one curve per network, in the order of the rules; those that rules share once."""
        curves = []
        for _, rows in points.drop_duplicates([*PANEL, *NETWORK, "seed"]).groupby(NETWORK, sort=False):
            rule = None if rows["times_flops"].iloc[0] == 1 else str(rows["rule"].iloc[0])
            seeds = self._read(rows["key"])
            losses = [list(epochs.train_loss) for epochs in seeds]
            recorded = [[100 * share for share in epochs.held_out_accuracy] for epochs in seeds]
            curves.append(Curve(rule, {"train_loss": losses, "held_out_accuracy": recorded}))
        return curves

    def _read(self, keys: "pd.Series[str]") -> list[Epochs]:
        """Return what is known of the epochs of points, those without a record left out."""
        return list(self._reader.read_all(keys).values()) if self._reader else []

    @cached_property
    def _reader(self) -> EpochReader | None:
        return EpochReader(self.store) if self.store else None


def _draw_panel(ax: Axes, curves: list[Curve], measure: str, styles: Mapping[str, SeriesStyle]) -> None:
    for curve in curves:
        histories = [history for history in curve.histories[measure] if history]
        epochs = min(map(len, histories), default=0)
        if not epochs:
            continue
        style = styles[curve.rule] if curve.rule else BASELINE
        values, at = np.array([history[:epochs] for history in histories]), np.arange(1, epochs + 1)
        ax.plot(at, values.mean(axis=0), color=style.color, marker=style.marker, markersize=3, markevery=_every(epochs))
        if len(values) > 1:
            ax.fill_between(at, values.min(axis=0), values.max(axis=0), color=style.color, alpha=0.15, linewidth=0)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _every(epochs: int) -> int:
    """Return how many epochs there are from mark to mark."""
    return max(1, epochs // 6)
