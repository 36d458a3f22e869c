"""Rules that hold for every figure."""

import re
import shutil
import subprocess
from itertools import combinations, product

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from scaling_lab.report.figures import FORMATS, WIDTHS, load_figures
from scaling_lab.report.figures.style import RULES, save_figure, shorten, wrap_names

MACHADO = {
    "normal": np.eye(3),
    "protan": np.array([[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]),
    "deutan": np.array([[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]),
}
SRGB_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])

FIGURES = load_figures()
MEASURED = [name for name, figure in FIGURES.items() if figure.is_measured]


def texts(figure):
    return [text for text in figure.findobj(mpl.text.Text) if text.get_visible() and text.get_text().strip()]


@pytest.fixture(scope="module")
def table(make_study):
    return make_study(["resnet_small", "efficientnet_b0_small"]).table()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", FIGURES)
def test_layout(table, name, width):
    """Nothing is clipped, legends cover no panel, sizes are a paper's, and FLOPs are said to be multiply-adds."""
    figure = load_figures(width=width)[name].draw(table)
    figure.draw_without_rendering()
    inches, height = figure.get_size_inches()
    assert inches == WIDTHS[width]
    around = figure.get_tightbbox()
    assert around.x0 >= -0.01
    assert around.y0 >= -0.01
    assert around.x1 <= inches + 0.01
    assert around.y1 <= height + 0.01
    boxes = [legend.get_window_extent() for legend in figure.legends]
    assert len(boxes) <= 1
    assert not any(box.overlaps(ax.get_window_extent()) for box, ax in product(boxes, figure.axes))
    assert min(text.get_fontsize() for text in texts(figure)) >= 7
    labels = [text.get_text() for text in texts(figure)]
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
        FIGURES["figure3"].draw(quick.table().drop(columns="d_got"))


@pytest.mark.parametrize("name", MEASURED)
def test_draws_partial_tables(make_study, name):
    """One seed, one rule, and a table with a missing result."""
    table = make_study(families=["odd $_{x}$"], rules=["own_rule"], seeds=[0]).table()
    table.loc[0, "test_accuracy"] = float("nan")
    figure = FIGURES[name].draw(table)
    figure.draw_without_rendering()
    assert "One seed" in FIGURES[name].caption(table) or "one seed" in FIGURES[name].caption(table)


@pytest.fixture(scope="module")
def drawn(table):
    return load_figures()["obtained_multipliers"].draw(table)


def test_saved_files_are_the_same_each_time(drawn, tmp_path):
    first, again = (save_figure(drawn, tmp_path / name, FORMATS) for name in ("first", "again"))
    assert [path.suffix for path in first] == [".png", ".svg", ".pdf"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert not re.search(rb"<dc:date>|Software|CreationDate", b"".join(path.read_bytes() for path in first))


def test_pdfs_embed_truetype_fonts_and_have_the_width_of_the_paper(drawn, tmp_path):
    (path,) = save_figure(drawn, tmp_path / "figure", ["pdf"])
    content = path.read_bytes()
    assert b"/Type3" not in content
    assert b"/FontFile2" in content
    width = float(re.search(rb"/MediaBox \[ 0 0 ([\d.]+)", content)[1])
    assert width / 72 == pytest.approx(drawn.get_figwidth(), abs=0.02)
    if command := shutil.which("pdffonts"):
        fonts = subprocess.run([command, path], check=True, capture_output=True, text=True).stdout.splitlines()[2:]  # noqa: S603
        assert fonts
        assert all("TrueType" in line and "Type 3" not in line for line in fonts)


def _simulate(color, kind):
    """Return linear RGB as dichromats see it (Machado et al. 2009, severity 1)."""
    value = np.array(to_rgb(color))
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return np.clip(MACHADO[kind] @ linear, 0, 1)


def _lab(linear):
    xyz = SRGB_TO_XYZ @ linear / np.array([0.95047, 1.0, 1.08883])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("kind", ["normal", "protan", "deutan"])
def test_rules_differ_by_marker_and_colour_also_for_the_colour_blind(kind):
    seen = {style.marker: _lab(_simulate(style.color, kind)) for style in RULES.values()}
    assert len(seen) == len(RULES)
    distances = {(a, b): np.linalg.norm(seen[a] - seen[b]) for a, b in combinations(seen, 2)}
    assert min(distances.values()) > 10, min(distances, key=distances.get)


def test_long_names_lose_their_middle_and_lists_of_names_are_wrapped():
    assert shorten("a" * 30) == "a" * 30
    short = shorten("begin" + "x" * 300 + "end")
    assert len(short) == 30
    assert short.startswith("begin")
    assert short.endswith("end")
    lines = wrap_names(["resnet_small", "fashion_mnist", "quick", "y" * 99]).splitlines()
    assert lines[0] == "resnet_small \N{MIDDLE DOT} fashion_mnist"
    assert max(map(len, lines)) <= 30


def test_a_figure_of_long_names_is_not_clipped(make_study):
    table = make_study(["<script>$x$_" * 25, "g" * 300], ["r" * 300, "depth"]).table()
    figure = load_figures(width="column")["accuracy_flops"].draw(table)
    figure.draw_without_rendering()
    assert figure.get_tightbbox().x1 <= figure.get_figwidth() + 0.01
    assert figure.get_tightbbox().x0 >= -0.01
