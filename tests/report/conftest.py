"""Fixtures of the pages of studies."""

import re

import pytest


@pytest.fixture
def undrawn(monkeypatch):
    """Leave out the figures, which take seconds to draw."""
    monkeypatch.setattr("scaling_lab.report.drawings.draw_all", lambda *_: [])


@pytest.fixture(scope="session")
def text():
    """Return a function from the path of a page to its visible text: no tags, no styles, single spaces."""

    def read(path):
        page = re.sub(r"<(style|script).*?</\1>|<!--.*?-->", "", path.read_text(), flags=re.DOTALL)
        return " ".join(re.sub(r"<[^>]+>", " ", page).split())

    return read
