"""A page in a real browser: tables, rows of points, phones, print, and no JavaScript."""

from dataclasses import replace

import pytest
from browser_pages import BROWSER_TESTS, ODD_FAMILY, PHONE, chart, marks, shown_rows

pytestmark = [*BROWSER_TESTS]


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
