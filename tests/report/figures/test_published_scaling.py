"""Figure 8 as the csv has it."""

import pandas as pd

from scaling_lab.paper.tables import read_published_table
from scaling_lab.report.figures.published_scaling import PublishedScaling

FIGURE, EMPTY = PublishedScaling(), pd.DataFrame()


def test_cut_ends_have_no_mark():
    figure8 = read_published_table("figure8")
    lines = FIGURE.draw(EMPTY).axes[0].get_lines()
    marked = sum(len(line.get_xdata()) for line in lines if line.get_marker() != "None")
    dashed = [line for line in lines if line.get_linestyle() not in ("-", "None") and len(line.get_xdata())]
    assert marked == (figure8["clipped"] == "no").sum()
    assert [list(line.get_xdata()) for line in dashed] == [[4.8817, 5.2097]]


def test_caption_names_both_baselines():
    assert "0.50 billion" in FIGURE.caption(EMPTY)
    assert "0.39" in FIGURE.caption(EMPTY)
