"""`benchmarks/coverage.py` prints the tables of docs/statistics.md."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(*arguments):
    command = [sys.executable, ROOT / "benchmarks" / "coverage.py", "--processes", "1", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)  # noqa: S603


def test_every_table_has_its_heading_in_the_documentation():
    found = run("--studies", "2")
    assert found.returncode == 0, found.stderr
    pages = (ROOT / "docs" / "statistics.md").read_text()
    titles = re.findall("^## (.*)", found.stdout, re.M)
    assert len(titles) >= 5
    assert set(titles) <= set(re.findall("^## (.*)", pages, re.M))
    for section in found.stdout.split("## ")[1:]:
        head, _, *rows = [line.count("|") for line in section.splitlines() if line.startswith("|")]
        assert rows
        assert set(rows) == {head}


def test_an_unknown_section_is_refused():
    found = run("--section", "nothing")
    assert found.returncode == 2
    assert "intervals" in found.stderr
