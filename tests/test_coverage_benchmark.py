"""`benchmarks/coverage.py` prints the tables of docs/statistics.md and of other pages."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*arguments):
    command = [sys.executable, ROOT / "benchmarks" / "coverage.py", "--processes", "1", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)  # noqa: S603


def load_benchmark():
    spec = importlib.util.spec_from_file_location("coverage_benchmark", ROOT / "benchmarks" / "coverage.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_table_has_its_heading_in_the_documentation(monkeypatch):
    process = run("--studies", "2", "--rows", "1")
    assert process.returncode == 0, process.stderr
    coverage = load_benchmark()
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    sections = coverage.load_sections().values()
    assert len(sections) >= 5
    assert re.findall("^## (.*)", process.stdout, re.M) == [section.TITLE for section in sections]
    for section in sections:
        page = coverage.find_page(section).read_text()
        assert "| new |" in coverage.replace_table(page, section.TITLE, ["| new |"])
    for section in process.stdout.split("## ")[1:]:
        head, _, *rows = [line.count("|") for line in section.splitlines() if line.startswith("|")]
        assert rows
        assert set(rows) == {head}


def test_tables_are_replaced_under_their_heading():
    coverage = load_benchmark()
    page = "## A\n\ntext\n\n| a |\n| --- |\n| 1 |\n\n200 studies per row: `x`.\n\nmore\n\n## B\n\n| b |\n| --- |\n"
    lines = ["| a |", "| --- |", "| 2 |", "", "300 studies per row: `x`."]
    once = coverage.replace_table(page, "A", lines)
    assert once == page.replace("| 1 |", "| 2 |").replace("200", "300")
    assert coverage.replace_table(once, "A", lines) == once
    added = coverage.replace_table("## A\n\ntext\n\n## B\n", "A", ["| a |", "| --- |"])
    assert added == "## A\n\ntext\n\n| a |\n| --- |\n\n## B\n"
    with pytest.raises(ValueError, match="'C'"):
        coverage.replace_table(page, "C", lines)


def test_an_unknown_section_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # the benchmark sets it
    monkeypatch.setattr(sys, "argv", ["coverage.py", "--section", "nothing"])
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    with pytest.raises(SystemExit) as ended:
        load_benchmark().main()
    assert ended.value.code == 2
    assert "intervals" in capsys.readouterr().err
