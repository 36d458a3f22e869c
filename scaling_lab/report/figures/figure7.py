"""The paper's Figure 7: class activation maps of the same images through the baseline and its scaled networks."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from scaling_lab.analysis.class_maps import ClassMaps, NetworkMaps
from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.panels import make_panels, write_message
from scaling_lab.report.figures.points import measured_points
from scaling_lab.report.figures.style import COLUMN_WIDTH, INK, PAGE_WIDTH, figure_style

HEAT = LinearSegmentedColormap.from_list("heat", [(0.84, 0.37, 0.0, 0.0), (0.84, 0.37, 0.0, 0.75)])
WRONG = "#D55E00"
COLUMN_IMAGES = 3
"""Most images of a figure as wide as a column."""
NOTHING = "no activation maps: they need the weights\nthat keep_weights=true keeps"


class ActivationMaps(ReportFigure):
    """What networks look at; drawn alone, from weights, and in no report."""

    title = "Class activation maps of the baseline and its scaled networks (Figure 7 of the EfficientNet paper)"
    alt = "The same images with the places that speak for their class, in the baseline and in each scaled network"
    needs = "weights of a baseline and of a scaled network, which keep_weights=true keeps"

    def is_shown(self, table: pd.DataFrame) -> bool:  # noqa: ARG002
        """Return whether there are maps, which `scaling-lab figure` computes from weights."""
        return self.maps is not None

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw images in rows and networks in columns; in a column of a paper the other way round."""
        measured_points(table)
        with figure_style():
            if self.maps is None:
                figure, (ax, *_), _ = make_panels(1, 2.0, width=self.width)
                write_message(ax, NOTHING)
                return figure
            is_column = self.width == "column"
            images = len(self.maps.labels[: COLUMN_IMAGES if is_column else None])
            figure, axes = _make_grid(images, 1 + len(self.maps.networks), is_column)
            for number in range(images):
                for place, network in enumerate((None, *self.maps.networks)):
                    _draw_image(axes[number, place], self.maps, number, network)
            for place, network in enumerate((None, *self.maps.networks)):
                name = "image" if network is None else _name(network)
                if is_column:
                    axes[0, place].set_ylabel(name, fontsize=7)
                else:
                    axes[0, place].set_title(name, fontsize=7.5, fontweight="bold")
        return figure

    def caption(self, table: pd.DataFrame) -> str:  # noqa: ARG002
        """Return the caption: what the colour means, which networks, and what is written below."""
        if self.maps is None:
            return "Measured. One seed. No weights, so there are no activation maps."
        sides = ", ".join(f"{_name(network)} {network.side} px" for network in self.maps.networks)
        return (
            f"Measured. Class activation maps of {self.maps.family}: the stronger the colour of a place, the "
            "more it speaks for the image's own class, from 0 to the largest value of the map. First test image of "
            f"each class of {self.maps.dataset}; below each map the predicted class, in orange where it is wrong. "
            f"One seed ({self.maps.seed}), so there is no spread. "
            f"Budgets are in FLOPs (multiply-adds); sides: {sides}. After Figure 7 of the EfficientNet paper, which "
            "shows other images."
        )


def _make_grid(images: int, columns: int, is_column: bool) -> tuple[Figure, NDArray[np.object_]]:
    """Return a figure and its panels as (image, network); the first network is none, for the image itself."""
    rows, across = (columns, images) if is_column else (images, columns)
    width = COLUMN_WIDTH if is_column else PAGE_WIDTH
    side = (width - (0.5 if is_column else 0.1)) / across
    figure = Figure(figsize=(width, rows * (side + 0.12) + 0.3), layout="constrained")
    axes = figure.subplots(rows, across, squeeze=False)
    return figure, axes.T if is_column else axes


def _draw_image(ax: Axes, maps: ClassMaps, number: int, network: NetworkMaps | None) -> None:
    image = maps.images[number]
    gray = image.shape[-1] == 1
    pixels = image[..., 0] if gray else image
    ax.imshow(pixels, cmap="gray" if gray else None, extent=(0, 1, 0, 1), interpolation="nearest")
    text, color = maps.labels[number], INK
    if network is not None:
        heat = np.maximum(network.maps[number], 0)
        ax.imshow(heat / (heat.max() or 1.0), cmap=HEAT, vmin=0, vmax=1, extent=(0, 1, 0, 1), interpolation="bilinear")
        text = network.predicted[number]
        color = INK if text == maps.labels[number] else WRONG
    ax.set_xlabel(text, fontsize=7, color=color, labelpad=2, fontweight="bold" if network is None else "normal")
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _name(network: NetworkMaps) -> str:
    if network.rule is None:
        return "baseline"
    return network.rule if network.times_flops is None else f"{network.rule}, {network.times_flops:g}{TIMES}"
