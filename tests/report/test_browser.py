"""The page in a real browser: charts, filters, tables, phones, print, and no JavaScript. Needs Playwright and chromium.

`make test-browser` runs them with the chromium or chrome of the system.
"""

import re
import shutil
from dataclasses import replace

import pytest

from scaling_lab.report import write_report
from scaling_lab.report.figures.accuracy_flops import AccuracyFlops
from scaling_lab.store.schema import EpochRecord
from scaling_lab.study.point_command import point_command

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium"),
]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
ODD_FAMILY = "a.b[0]\\ 'c' \"d\" </script><script>window.attacked=1</script>"
LONG_RULE = "long " * 60


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def write(tmp_path_factory):
    """Return a function that writes the page of a study, with one static figure, which is enough here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "scaling_lab.report.figures.drawing.load_figures", lambda *_, **__: {"accuracy_flops": AccuracyFlops()}
        )
        yield lambda study: write_report(
            study.written(tmp_path_factory.mktemp("study") / "results"),
            tmp_path_factory.mktemp("page"),
            point_command=point_command,
        )


@pytest.fixture(scope="module")
def page_file(make_study, write):
    return write(make_study(["resnet_small", "mobilenet_v1_small"], times=(1, 2, 4), seeds=range(3)))


@pytest.fixture(scope="module")
def odd_page_file(make_study, write):
    return write(make_study([ODD_FAMILY, "b"], rules=["depth", LONG_RULE], times=(1, 2), seeds=range(3)))


CONSOLE = ("error", "warning")


@pytest.fixture
def open_page(browser):
    """Return a function that opens a page and waits for its charts; any error of the page fails the test."""
    contexts, problems = [], []

    def opened(path, **settings):
        context = browser.new_context(**{"viewport": DESKTOP, **settings})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text) if message.type in CONSOLE else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda sent: None if is_inside(sent.url, path) else problems.append(sent.url),
        )
        page.goto(path.as_uri())
        if settings.get("java_script_enabled", True):
            page.wait_for_function("document.documentElement.dataset.drawn > 0")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def is_inside(url, path):
    return url == path.as_uri() or url.startswith(("data:", "blob:"))


def chart(page, name="accuracy_flops"):
    return page.locator(f"figure[data-chart={name}]")


def shown_rows(page):
    return page.locator("#points tbody tr.row:visible")


def marks(page):
    """Return the symbols of means in the main chart."""
    return chart(page).locator("g.mark-symbol.role-mark path")


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


def test_axes_switch(open_page, page_file):
    page = open_page(page_file)
    logarithmic = chart(page).locator("svg.marks").text_content()
    chart(page).locator("select[data-axis=scale]").select_option("linear")
    page.wait_for_timeout(800)
    assert chart(page).locator("svg.marks").text_content() != logarithmic
    chart(page).locator("select[data-axis=x]").select_option("parameters")
    page.wait_for_timeout(800)
    assert "parameters" in chart(page).locator("svg.marks").text_content()


def area_of(path):
    """Return the area inside of an SVG path of straight lines, in square pixels."""
    points = [tuple(map(float, pair)) for pair in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]
    following = [*points[1:], points[0]]
    return abs(sum(x * other_y - other_x * y for (x, y), (other_x, other_y) in zip(points, following, strict=True))) / 2


def test_bands_of_learning_curves_go_with_the_measure(open_page, make_study, write):
    study = make_study(["resnet_small"], rules=["depth"], times=(1, 2), seeds=range(3))
    results = {}
    for place, (key, result) in enumerate(study.results.items()):
        losses = tuple(loss + 0.1 * place for loss in (1.4, 0.9, 0.7))
        epochs = tuple(EpochRecord(epoch, epoch, 0.1 / epoch, None, 1.0, 0.8, 1.0) for epoch in (1, 2, 3))
        results[key] = replace(result, train_loss=losses, epochs=epochs)
    page = open_page(write(replace(study, results=results)))
    curves = chart(page, "learning_curves")
    covered = {}
    for label in ("training loss", "learning rate"):
        curves.locator("select[data-axis=y]").select_option(label)
        page.wait_for_timeout(800)
        covered[label] = [area_of(path.get_attribute("d")) for path in curves.locator("g.mark-area path").all()]
        assert label in curves.locator("svg.marks").text_content()
    assert min(covered["training loss"]) > 100
    assert max(covered["learning rate"]) < 1


def test_tables_sort_by_click_and_by_keyboard_and_search(open_page, page_file):
    page = open_page(page_file)
    header = page.locator("#points thead th", has_text="test accuracy").get_by_role("button")
    column = page.locator("#points thead th").all_inner_texts().index(header.locator("..").inner_text())

    def values():
        return page.eval_on_selector_all(
            "#points tbody tr.row", f"rows => rows.map(row => +row.cells[{column}].innerText)"
        )

    header.click()
    assert values() == sorted(values())
    header.focus()
    page.keyboard.press("Enter")
    assert values() == sorted(values(), reverse=True)
    search = page.locator("#every-point input[type=search]")
    key = page.locator("#points tbody tr.row").first.get_attribute("data-key")
    search.fill(key)
    assert shown_rows(page).count() == 1


def test_a_row_opens_to_configuration_history_and_command(open_page, page_file):
    page = open_page(page_file)
    row = shown_rows(page).nth(5)
    key = row.get_attribute("data-key")
    row.get_by_role("button").focus()
    page.keyboard.press("Enter")
    detail = page.locator("tr.detail")
    assert key in detail.locator("pre").inner_text()
    assert "run_sweep.py" in detail.locator("pre").inner_text()
    assert "blocks of each stage" in detail.inner_text()
    detail.locator("svg.marks").first.wait_for(state="visible")
    page.keyboard.press("Enter")
    assert detail.count() == 0
    row.get_by_role("button").evaluate("button => [1, 2].forEach(() => button.click())")
    page.wait_for_timeout(200)
    assert detail.count() == 0
    row.get_by_role("button").evaluate("button => [1, 2, 3].forEach(() => button.click())")
    detail.locator("svg.marks").first.wait_for(state="visible")
    assert detail.count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("file", ["page_file", "odd_page_file"])
def test_a_phone_scrolls_down_alone(open_page, request, file, scheme):
    path = request.getfixturevalue(file)
    page = open_page(path, viewport=PHONE, color_scheme=scheme, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.locator("#points .more").first.tap()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")


def test_odd_names_do_no_harm(open_page, odd_page_file):
    page = open_page(odd_page_file)
    assert page.evaluate("window.attacked") is None
    assert "a.b[0]" in chart(page).locator("svg.marks").text_content()
    assert page.locator("#points tbody tr.row").first.get_attribute("data-panel") == ODD_FAMILY
    rows = shown_rows(page).count()
    page.locator(".filters input").first.uncheck()
    assert shown_rows(page).count() == rows / 2


@pytest.mark.parametrize("width", [500, 1280])
def test_a_long_pair_is_cut_in_the_middle(open_page, odd_page_file, width):
    page = open_page(odd_page_file, viewport={"width": width, "height": 900})
    labels = chart(page, "differences").locator("svg.marks .mark-text tspan").all_text_contents()
    pairs = [label for label in labels if "\N{HORIZONTAL ELLIPSIS}" in label]
    assert pairs
    assert all(label.startswith("depth") or label.endswith("depth") for label in pairs)
    assert all("long" in label and not label.endswith("\N{HORIZONTAL ELLIPSIS}") for label in pairs)


def test_without_javascript_and_in_print_there_are_static_figures(open_page, page_file):
    page = open_page(page_file, java_script_enabled=False)
    assert chart(page).locator("img").is_visible()
    assert not chart(page).locator(".chart").is_visible()
    assert shown_rows(page).count() == 54
    printed = open_page(page_file, color_scheme="dark")
    printed.emulate_media(media="print")
    assert chart(printed).locator("img").is_visible()
    assert not chart(printed).locator(".chart").is_visible()
    assert printed.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("points", [0, 1])
def test_one_point_and_none(open_page, make_study, write, points):
    study = make_study(["b"], rules=["depth"], times=(1,), seeds=[0])
    path = write(replace(study, results=dict(list(study.results.items())[:points])))
    assert ("No point has finished" in path.read_text()) == (points == 0)
    if points:
        page = open_page(path)
        assert marks(page).count() >= 1
