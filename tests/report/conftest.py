"""Fixtures of the pages of studies."""

import re

import pytest


@pytest.fixture
def undrawn(monkeypatch):
    """Leave out the figures, which take seconds to draw."""
    monkeypatch.setattr("scaling_lab.report.drawings.draw_all", lambda *_: [])


@pytest.fixture(scope="session")
def text():
    """Return a function from a page, or its path, to its visible text: no tags, no styles, single spaces."""

    def read(page):
        page = page if isinstance(page, str) else page.read_text()
        page = re.sub(r"<(style|script).*?</\1>|<!--.*?-->", "", page, flags=re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", page).split())

    return read
