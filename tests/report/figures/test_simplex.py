"""What stands where in the triangle."""

import numpy as np
import pandas as pd
import pytest

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.shares.fit_surfaces import fit_surfaces
from scaling_lab.analysis.shares.triangle import CORNERS, KNOWN_SHARES, project_triangle, share_point
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.report.figures.simplex import BEST, ShareTriangles
from scaling_lab.report.figures.style import RULES as LOOKS

draw, caption, is_shown = ShareTriangles().draw, ShareTriangles().caption, ShareTriangles().is_shown
SHARES = [
    (1, 0, 0),
    (0, 1, 0),
    (0, 0, 1),
    (0.5, 0.5, 0),
    (0.5, 0, 0.5),
    (0, 0.5, 0.5),
    (0.3, 0.3, 0.4),
    (0.1, 0.8, 0.1),
]
NAMES = ("depth_share", "width_share", "resolution_share")


def synthetic_table(number=8, seeds=5, family="synthetic"):
    truth = {("start", 1.0): 0.8}
    truth |= {
        (f"mix{i}", 4.0): 0.9 - 0.1 * ((s[0] - 0.3) ** 2 + (s[2] - 0.4) ** 2) for i, s in enumerate(SHARES[:number])
    }
    table = make_study_table(truth, seeds, 500, np.random.default_rng(0), family=family)
    for i, own in enumerate(SHARES[:number]):
        table.loc[table["rule"] == f"mix{i}", list(NAMES)] = tuple(map(float, own))
    return table


@pytest.fixture(scope="module")
def table():
    return synthetic_table()


def mark(ax, style):
    (line,) = [line for line in ax.get_lines() if line.get_marker() == style.marker]
    return np.array([line.get_xdata()[0], line.get_ydata()[0]])


def test_corners_make_an_equal_sided_triangle():
    places = project_triangle(CORNERS)
    assert [np.linalg.norm(places[i] - places[i - 1]) for i in range(3)] == pytest.approx([1, 1, 1])
    assert places[0] == pytest.approx([0.5, 3**0.5 / 2])
    assert places[1] == pytest.approx([0, 0])


def test_networks_rules_and_best_point_are_at_their_shares(table):
    figure = draw(table)
    ax = figure.axes[0]
    (surface,) = fit_surfaces(collect_evidence(table))
    dots = next(kind for kind in ax.collections if len(kind.get_offsets()) == len(SHARES))
    assert np.asarray(dots.get_offsets()) == pytest.approx(
        project_triangle(np.array([[s[0], s[2]] for s in SHARES], dtype=float))
    )
    assert np.asarray(dots.get_array()) == pytest.approx([100 * network.accuracy for network in surface.networks])
    assert mark(ax, BEST) == pytest.approx(project_triangle(surface.best))
    for rule in ("compound", "fast", "uniform"):
        assert mark(ax, LOOKS[rule]) == pytest.approx(project_triangle(share_point(KNOWN_SHARES[rule])))
    assert "95 % region of the highest point" in [text.get_text() for text in figure.legends[0].get_texts()]
    assert is_shown(table)


def test_few_networks_have_no_star_and_say_so():
    table = synthetic_table(5)
    figure = draw(table)
    assert "no surface: too few networks" in [text.get_text() for text in figure.axes[0].texts]
    assert not [line for line in figure.axes[0].get_lines() if line.get_marker() == BEST.marker]
    assert not is_shown(table)


@pytest.mark.parametrize("number", [1, 3])
def test_too_few_networks_are_dots_with_a_sentence(number):
    table = synthetic_table(number)
    assert "no surface: too few networks" in [text.get_text() for text in draw(table).axes[0].texts]
    assert "No surface is drawn" in caption(table)


def test_only_fitted_budgets_are_drawn_where_there_are_some(table):
    both = pd.concat([table, synthetic_table(2, family="other")])
    assert [ax.get_title() for ax in draw(both).axes if ax.get_title()] == ["synthetic at 4\N{MULTIPLICATION SIGN}"]


def test_a_surface_whose_fit_is_not_tested_is_not_drawn():
    figure = draw(synthetic_table(seeds=2))
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert BEST.name not in labels
    assert "95 % region of the highest point" not in labels
    assert "no surface: fit not accepted" in [text.get_text() for text in figure.axes[0].texts]
    assert not is_shown(synthetic_table(seeds=2))


def test_an_empty_table_is_drawn_as_a_sentence(table):
    assert any("no network" in text.get_text() for text in draw(table.iloc[:0]).axes[0].texts)
    assert not is_shown(table.iloc[:0])


@pytest.mark.parametrize("families", [1, 3])
def test_nothing_is_clipped(families):
    figure = draw(pd.concat([synthetic_table(family=f"a family of networks {i}") for i in range(families)]))
    figure.draw_without_rendering()
    around = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert min(around.x0, around.y0) >= -0.01
    assert around.x1 <= width + 0.01
    assert around.y1 <= height + 0.01
    assert not any(figure.legends[0].get_window_extent().overlaps(ax.get_window_extent()) for ax in figure.axes)
