"""The paper's Figure 8 as published: ImageNet accuracy against FLOPs by rule. Nothing here is measured."""

import pandas as pd
from matplotlib.figure import Figure

from scaling_lab.paper.tables import read_published_table
from scaling_lab.report.figures.style import COLUMN_WIDTH, add_legend, figure_style, rule_styles

TITLE = "Figure 8 of the EfficientNet paper"
ALT = "Published ImageNet top-1 accuracy against FLOPs for width, depth, resolution and compound scaling"
MEASURED = False


def draw(_table: pd.DataFrame | None = None) -> Figure:
    """Top-1 in percent over billion multiply-adds; a line is dashed to where the paper's drawing cuts it off."""
    figure8 = read_published_table("figure8")
    looks = rule_styles(figure8["curve"])
    with figure_style():
        figure = Figure(figsize=(COLUMN_WIDTH, 2.75), layout="constrained")
        ax = figure.subplots()
        for rule, look in looks.items():
            own = figure8[figure8["curve"] == rule].sort_values("point_index")
            cut = own["clipped"] == "yes"
            ax.plot(own.loc[~cut, "flops_B"], own.loc[~cut, "top1"], color=look.color, marker=look.marker)
            leaving = own.tail(2) if cut.any() else own.head(0)
            ax.plot(leaving["flops_B"], leaving["top1"], color=look.color, linestyle=(0, (2, 1.5)))
        ax.set(xlabel="FLOPs (billion multiply-adds)", ylabel="ImageNet top-1 (%)")
        ax.set_title("published (EfficientNet paper, Figure 8);\nnot measured here", fontsize=8, fontweight="bold")
        add_legend(figure, list(looks.values()))
    return figure


def caption(_table: pd.DataFrame | None = None) -> str:
    """Units and source of the figure, and what is odd about it."""
    return (
        "Published, not measured here: Figure 8 of the EfficientNet paper (arXiv 1905.11946), ImageNet top-1 in "
        "percent against billion multiply-adds, read off the vector drawing. The curves of width, depth and resolution "
        "are those of its Figure 3, whose networks start from a baseline of 0.50 billion multiply-adds; the paper's "
        "drawing moves their first point to 0.39, where EfficientNet-B0 is. The dashed end is where the width curve "
        "leaves the drawing on its way to w = 5.0 (8.25 billion)."
    )
