"""Rules that hold for every figure."""

import re
from itertools import product

import matplotlib as mpl
import pytest

from scaling_lab.report.figures import load_figures
from scaling_lab.report.figures.style import COLUMN_WIDTH, PAGE_WIDTH, save_figure

FIGURES = load_figures()
MEASURED = [name for name, figure in FIGURES.items() if figure.is_measured]


@pytest.fixture(scope="module")
def drawn(quick):
    table = quick.table()
    return {name: figure.draw(table) for name, figure in FIGURES.items()}


def texts(figure):
    return [text for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text().strip()]


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_clipped(drawn, name):
    figure = drawn[name]
    figure.draw_without_rendering()
    width, height = figure.get_size_inches()
    around = figure.get_tightbbox()
    assert around.x0 >= -0.01
    assert around.y0 >= -0.01
    assert around.x1 <= width + 0.01
    assert around.y1 <= height + 0.01


@pytest.mark.parametrize("name", FIGURES)
def test_legend_covers_no_panel(drawn, name):
    figure = drawn[name]
    figure.draw_without_rendering()
    boxes = [legend.get_window_extent() for legend in figure.legends]
    assert len(boxes) <= 1
    assert not any(box.overlaps(ax.get_window_extent()) for box, ax in product(boxes, figure.axes))


@pytest.mark.parametrize("name", FIGURES)
def test_column_widths_and_readable_sizes(drawn, name):
    assert drawn[name].get_figwidth() in (COLUMN_WIDTH, PAGE_WIDTH)
    assert min(text.get_fontsize() for text in texts(drawn[name])) >= 7


@pytest.mark.parametrize("name", FIGURES)
def test_flops_are_labelled_as_multiply_adds(drawn, name):
    labels = [text.get_text() for text in texts(drawn[name])]
    assert all("multiply-adds" in words for words in labels if "FLOPs" in words)


@pytest.mark.parametrize("name", FIGURES)
def test_caption_states_whether_it_is_measured(quick, name):
    caption = FIGURES[name].caption(quick.table())
    assert ("easured" if FIGURES[name].is_measured else "not measured here") in caption
    assert FIGURES[name].title
    assert FIGURES[name].alt


@pytest.mark.parametrize("name", MEASURED)
@pytest.mark.parametrize("column", ["test_accuracy", "flops", "rule", "seed"])
def test_missing_column_is_named(quick, name, column):
    with pytest.raises(ValueError, match=rf"no column .*\b{column}\b"):
        FIGURES[name].draw(quick.table().drop(columns=column))


def test_missing_multiplier_is_named(quick):
    with pytest.raises(ValueError, match="no column d_got"):
        FIGURES["accuracy_multipliers"].draw(quick.table().drop(columns="d_got"))


@pytest.mark.parametrize("name", MEASURED)
def test_draws_partial_tables(make_study, name):
    """One seed, one rule, and a table with a missing result."""
    table = make_study(families=["odd $_{x}$"], rules=["own_rule"], seeds=[0]).table()
    table.loc[0, "test_accuracy"] = float("nan")
    figure = FIGURES[name].draw(table)
    figure.draw_without_rendering()
    assert "One seed" in FIGURES[name].caption(table) or "one seed" in FIGURES[name].caption(table)


def test_saved_files_are_the_same_each_time(drawn, tmp_path):
    first, again = (save_figure(drawn["published_scaling"], tmp_path / name) for name in ("first", "again"))
    assert [path.suffix for path in first] == [".png", ".svg"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert not re.search(rb"<dc:date>|Software", b"".join(path.read_bytes() for path in first))
