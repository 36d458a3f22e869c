"""The paper's Figure 8 as published: ImageNet accuracy against FLOPs by rule. Nothing in it is measured."""

import pandas as pd
from matplotlib.figure import Figure

from scaling_lab.paper.tables import read_published_table
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.panels import add_legend
from scaling_lab.report.figures.style import COLUMN_WIDTH, figure_style, rule_styles


class PublishedScaling(ReportFigure):
    """The published curves of width, depth, resolution and compound scaling."""

    title = "Figure 8 of the EfficientNet paper"
    alt = "Published ImageNet top-1 accuracy against FLOPs for width, depth, resolution and compound scaling"
    is_measured = False

    def draw(self, table: pd.DataFrame) -> Figure:  # noqa: ARG002
        """Draw top-1 in percent over billion multiply-adds; dashed where the paper's drawing cuts a curve off."""
        figure8 = read_published_table("figure8")
        styles = rule_styles(figure8["curve"])
        with figure_style():
            figure = Figure(figsize=(COLUMN_WIDTH, 2.75), layout="constrained")
            ax = figure.subplots()
            for rule, style in styles.items():
                rows = figure8[figure8["curve"] == rule].sort_values("point_index")
                cut = rows["clipped"] == "yes"
                ax.plot(rows.loc[~cut, "flops_B"], rows.loc[~cut, "top1"], color=style.color, marker=style.marker)
                leaving = rows.tail(2) if cut.any() else rows.head(0)
                ax.plot(leaving["flops_B"], leaving["top1"], color=style.color, linestyle=(0, (2, 1.5)))
            ax.set(xlabel="FLOPs (billion multiply-adds)", ylabel="ImageNet top-1 (%)")
            ax.set_title("published (EfficientNet paper, Figure 8);\nnot measured here", fontsize=8, fontweight="bold")
            add_legend(figure, list(styles.values()))
        return figure

    def caption(self, table: pd.DataFrame) -> str:  # noqa: ARG002
        """Return the caption: units, source, and how its baseline differs from EfficientNet-B0."""
        return (
            "Published, not measured here: Figure 8 of the EfficientNet paper (arXiv 1905.11946), ImageNet top-1 in "
            "percent against billion multiply-adds, read off the vector drawing. The curves of width, depth and "
            "resolution are those of Figure 3, whose networks start from a baseline of 0.50 billion multiply-adds; the "
            "drawing moves their first point to 0.39, the FLOPs of EfficientNet-B0. The dashed end is where the width "
            "curve leaves the drawing towards w = 5.0 (8.25 billion)."
        )
