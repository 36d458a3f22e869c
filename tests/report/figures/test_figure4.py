"""Figure 4: one curve per depth and resolution, over the FLOPs of ever wider networks."""

import pandas as pd
import pytest

from scaling_lab.paper.tables import read_published_table
from scaling_lab.report.figures.figure4 import WidthAtOtherDepths

FIGURE = WidthAtOtherDepths()


@pytest.fixture(scope="module")
def table(make_study):
    """Three widths at each of four depths and resolutions, three seeds."""
    rows = make_study(["resnet_small"], ["width"], times=[2], seeds=range(3)).table()
    parts = []
    for d in (1.0, 2.0):
        for r in (1.0, 1.25):
            for w in (1.0, 1.4, 2.0):
                flops = round(1e6 * d * w**2 * r**2)
                accuracy = 0.6 + 0.05 * w + 0.02 * d + 0.01 * rows["seed"]
                changed = {"d": d, "w": w, "r": r, "flops": flops, "test_accuracy": accuracy, "widths": f"{w}-{d}-{r}"}
                keys = rows["key"].str[:-6] + f"{flops:06d}"[-6:]
                parts.append(rows.assign(**changed, rule="multipliers", times_flops=float("nan"), key=keys))
    return pd.concat(parts, ignore_index=True)


def test_each_depth_and_resolution_has_a_curve_of_all_widths(table):
    assert FIGURE.is_shown(table)
    measured, published = FIGURE.draw(table).axes
    lines = [line for line in measured.get_lines() if len(line.get_xdata()) == 3]
    assert len(lines) == 4
    for line, d in zip(lines, (1, 1, 2, 2), strict=True):
        expected = [100 * (0.6 + 0.05 * w + 0.02 * d + 0.01) for w in (1, 1.4, 2)]
        assert list(line.get_ydata()) == pytest.approx(expected)
    assert [len(line.get_xdata()) for line in published.get_lines()] == list(
        read_published_table("figure4").groupby("curve").size()
    )
    assert len({line.get_color() for line in lines}) == 4


def test_one_depth_and_resolution_is_no_figure_4(table, quick):
    assert not FIGURE.is_shown(table[(table["d"] == 1) & (table["r"] == 1)])
    assert not FIGURE.is_shown(quick.table())
