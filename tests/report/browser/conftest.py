"""A browser, the pages that it opens, and a check that they have no error, warning or request."""

from importlib import import_module

import pytest
from browser_pages import CHROMIUM, DESKTOP, ODD_FAMILY

from scaling_lab.report import write_report
from scaling_lab.report.figures.accuracy_flops import AccuracyFlops
from scaling_lab.study.point_command import point_command

LONG_RULE = "long " * 60


@pytest.fixture(scope="module")
def browser():
    with import_module("playwright.sync_api").sync_playwright() as driver:
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
