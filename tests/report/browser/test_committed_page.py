"""The committed page draws its charts in chromium, without a network. `make test-browser` does more."""

import re
import subprocess
from pathlib import Path

import pytest
from browser_pages import CHROMIUM

PAGE = Path(__file__).resolve().parents[3] / "reports" / "quick-reference" / "index.html"


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium or chrome on this machine")
def test_all_charts_of_the_committed_page_are_drawn(tmp_path):
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
    command = [CHROMIUM, *options, f"--user-data-dir={tmp_path}", "--virtual-time-budget=20000", "--dump-dom"]
    done = subprocess.run(  # noqa: S603 - a browser of this machine
        [*command, PAGE.as_uri()], capture_output=True, text=True, timeout=300, check=True
    )
    charts = re.findall(r'<figure data-chart="(\w+)"', PAGE.read_text())
    assert f'data-drawn="{len(charts)}"' in done.stdout
    assert len(re.findall(r'<svg[^>]*class="marks"', done.stdout)) == len(charts)
    assert len(charts) >= 4
