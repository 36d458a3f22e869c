"""The charts of a page in a real browser: hovering, filters, axes, bands, labels."""

import re
from dataclasses import replace

import pytest
from browser_pages import BROWSER_TESTS, chart, marks, shown_rows

from scaling_lab.store.schema import EpochRecord

pytestmark = [*BROWSER_TESTS]


def test_all_charts_are_drawn_and_their_static_figures_hidden(open_page, page_file):
    page = open_page(page_file)
    for name in ("accuracy_flops", "differences", "learning_curves", "obtained"):
        assert chart(page, name).locator("svg.marks").is_visible(), name
    assert page.locator("figure .drawn:visible").count() == 0
    panels = chart(page).locator("g.role-row-header, g.role-column-header, g.role-facet-header").all_inner_texts()
    text = " ".join(panels) or chart(page).locator("svg.marks").text_content()
    assert "resnet_small" in text
    assert "mobilenet_v1_small" in text


def test_hovering_shows_the_point_and_its_setting(open_page, page_file):
    page = open_page(page_file)
    chart(page).scroll_into_view_if_needed()
    marks(page).last.hover(force=True)
    tip = page.locator("#vg-tooltip-element")
    tip.wait_for(state="visible")
    assert re.search(r"rule.*budget.*accuracy.*FLOPs \(multiply-adds\)", tip.inner_text(), flags=re.DOTALL)


def test_filters_leave_out_marks_and_rows(open_page, page_file):
    page = open_page(page_file)
    rows, symbols = shown_rows(page).count(), marks(page).count()
    assert rows == 2 * 3 * (1 + 4 * 2)
    page.get_by_label("depth", exact=True).uncheck()
    page.wait_for_function(f"document.querySelectorAll('#points tbody tr.row:not([hidden])').length < {rows}")
    assert shown_rows(page).count() == rows - 2 * 3 * 2
    page.wait_for_timeout(300)
    assert marks(page).count() < symbols
    page.get_by_label("mobilenet_v1_small", exact=True).uncheck()
    page.wait_for_timeout(1000)
    assert shown_rows(page).count() == (rows - 2 * 3 * 2) / 2
    assert "mobilenet_v1_small" not in chart(page).locator("svg.marks").text_content()


def test_dragging_in_a_panel_selects_its_points(open_page, page_file):
    page = open_page(page_file)
    chart(page).scroll_into_view_if_needed()
    rows, area = shown_rows(page).count(), chart(page).locator("svg.marks").bounding_box()
    x, y = area["x"], area["y"]
    page.mouse.move(x + 110, y + 80)
    page.mouse.down()
    page.mouse.move(x + 300, y + 300, steps=6)
    page.mouse.up()
    page.locator("#brushed").wait_for(state="visible")
    assert 0 < shown_rows(page).count() <= rows / 2
    page.get_by_role("button", name="Show all").click()
    page.locator("#brushed").wait_for(state="hidden")
    assert shown_rows(page).count() == rows


def area_of(path):
    """Return the area inside of an SVG path of straight lines, in square pixels."""
    points = [tuple(map(float, pair)) for pair in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]
    following = [*points[1:], points[0]]
    return abs(sum(x * other_y - other_x * y for (x, y), (other_x, other_y) in zip(points, following, strict=True))) / 2


def test_intervals_are_bands_against_flops_and_bars_against_other_costs(open_page, page_file):
    page = open_page(page_file)
    bands = [area_of(path.get_attribute("d")) for path in chart(page).locator("g.mark-area path").all()]
    assert len(bands) >= 6
    assert min(bands) > 100
    chart(page).locator("select[data-axis=x]").select_option("parameters")
    page.wait_for_timeout(800)
    assert not chart(page).locator("g.mark-area path").count()
    bars = chart(page).locator("g.mark-rule line").all()
    assert sum(bar.bounding_box()["height"] > 3 for bar in bars) >= 6


def test_charts_say_so_when_a_filter_leaves_nothing(open_page, page_file):
    page = open_page(page_file)
    message = "chart => getComputedStyle(chart, '::before').content"
    figure = chart(page).locator(".chart")
    assert figure.evaluate(message) == "none"
    for box in page.locator("fieldset[data-filter=budget] input").all():
        box.uncheck()
    assert figure.evaluate(message) != "none"
    page.locator("fieldset[data-filter=budget] input").first.check()
    assert figure.evaluate(message) == "none"


def test_axes_switch(open_page, page_file):
    page = open_page(page_file)
    logarithmic = chart(page).locator("svg.marks").text_content()
    chart(page).locator("select[data-axis=scale]").select_option("linear")
    page.wait_for_timeout(800)
    assert chart(page).locator("svg.marks").text_content() != logarithmic
    chart(page).locator("select[data-axis=x]").select_option("parameters")
    page.wait_for_timeout(800)
    assert "parameters" in chart(page).locator("svg.marks").text_content()


@pytest.fixture
def page_with_epochs(make_study, write):
    study = make_study(["resnet_small"], rules=["depth"], times=(1, 2), seeds=range(3))
    results = {}
    for place, (key, result) in enumerate(study.results.items()):
        losses = tuple(loss + 0.1 * place for loss in (1.4, 0.9, 0.7))
        epochs = tuple(EpochRecord(epoch, epoch, 0.1 / epoch, None, 1.0, 0.8, 1.0) for epoch in (1, 2, 3))
        results[key] = replace(result, train_loss=losses, epochs=epochs)
    return write(replace(study, results=results))


def test_hovering_a_learning_curve_shows_the_range_over_seeds(open_page, page_with_epochs):
    page = open_page(page_with_epochs)
    curves = chart(page, "learning_curves")
    curves.scroll_into_view_if_needed()
    curves.locator("g.mark-symbol path").first.hover(force=True)
    tip = page.locator("#vg-tooltip-element")
    tip.wait_for(state="visible")
    shown = dict(zip(tip.locator(".key").all_inner_texts(), tip.locator(".value").all_inner_texts(), strict=True))
    mean, low, high = map(float, re.findall(r"\d+\.?\d*", shown["training loss (nats)"]))
    assert low < mean < high
    assert high - low == pytest.approx(0.2)
    assert re.fullmatch(r"0\.\d+", shown["learning rate"])


def test_bands_of_learning_curves_go_with_the_measure(open_page, page_with_epochs):
    page = open_page(page_with_epochs)
    curves = chart(page, "learning_curves")
    covered = {}
    for label in ("training loss (nats)", "learning rate"):
        curves.locator("select[data-axis=y]").select_option(label)
        page.wait_for_timeout(800)
        covered[label] = [area_of(path.get_attribute("d")) for path in curves.locator("g.mark-area path").all()]
        assert label in curves.locator("svg.marks").text_content()
    assert min(covered["training loss (nats)"]) > 100
    assert max(covered["learning rate"]) < 1


@pytest.mark.parametrize("width", [500, 1280])
def test_a_long_pair_is_cut_in_the_middle(open_page, odd_page_file, width):
    page = open_page(odd_page_file, viewport={"width": width, "height": 900})
    labels = chart(page, "differences").locator("svg.marks .mark-text tspan").all_text_contents()
    pairs = [label for label in labels if "\N{HORIZONTAL ELLIPSIS}" in label]
    assert pairs
    assert all(label.startswith("depth") or label.endswith("depth") for label in pairs)
    assert all("long" in label and not label.endswith("\N{HORIZONTAL ELLIPSIS}") for label in pairs)
