"""Pages in a real browser: whether there is one, and what tests look for in them."""

import shutil
from importlib.util import find_spec

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
BROWSER_TESTS = (
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None or find_spec("playwright") is None, reason="no chromium, or no Playwright"),
)
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
ODD_FAMILY = "a.b[0]\\ 'c' \"d\" </script><script>window.attacked=1</script>"


def chart(page, name="accuracy_flops"):
    return page.locator(f"figure[data-chart={name}]")


def shown_rows(page):
    return page.locator("#points tbody tr.row:visible")


def marks(page):
    """Return the symbols of means in the main chart."""
    return chart(page).locator("g.mark-symbol.role-mark path")
