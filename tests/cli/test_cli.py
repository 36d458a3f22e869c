"""The command line: one clear line and exit code 2 for every mistake, and what each command imports."""

import os
import re
import shlex
import signal
import subprocess
import sys

import pytest

from scaling_lab.cli import main
from scaling_lab.config.registry import CONF

# Command line -> what its error must contain: the setting, its value, what is allowed or near.
MISTAKES = {
    "ls rules --config-dir nowhere": "--config-dir is 'nowhere'",
    "report results/nowhere": "results/nowhere",
    "compare results/nowhere": "results/nowhere",
    "compare README.md": "README.md",
    "compare tests": "plan.json.*tests",
    "compare results/quick-reference --equal flop": "unknown cost 'flop'.*did you mean flops?",
    "export results/nowhere": "results/nowhere",
    "export results/quick-reference --as cvs": "'cvs'.*did you mean csv?",
    "export results/quick-reference --to README.md": "README.md.*File exists",
    "ls familes": "'familes'.*did you mean families?",
    "completion bsh": "'bsh'.*did you mean bash?",
    "reprot": "'reprot'.*did you mean report?",
    "foo": "unknown command 'foo' \\(there are .*compare.*sweep",
    "--verion": "--verion.*did you mean --version?",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_one_line_and_exit_code_2(error_of, line):
    assert re.search(MISTAKES[line], error_of(line))


@pytest.fixture
def without_figures(monkeypatch):
    """Skip the figures, which take seconds."""
    monkeypatch.setattr("scaling_lab.report.drawings.draw_all", lambda *_: [])


def test_modules_of_the_current_folder_are_not_imported(tmp_path):
    for name in ("pandas", "yaml", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(9)")
    command = [sys.executable, "-m", "scaling_lab", "compare", str(CONF.parent / "results" / "quick-reference")]
    environment = os.environ | {"PYTHONPATH": str(CONF.parent)}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)  # noqa: S603
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.usefixtures("without_figures")
def test_report_goes_to_the_given_folder(quick, tmp_path, capsys):
    folder = quick.written(tmp_path / "results" / "quick")
    assert main(["report", str(folder), "--to", str(tmp_path / "page")]) == 0
    assert capsys.readouterr().out == f"report: {tmp_path / 'page' / 'index.html'}\n"
    assert (tmp_path / "page" / "index.html").is_file()


@pytest.mark.usefixtures("without_figures")
def test_report_is_named_after_its_results(quick, tmp_path, capsys, monkeypatch):
    quick.written(tmp_path / "results" / "quick")
    monkeypatch.chdir(tmp_path)
    assert main(["report", "results/quick/"]) == 0
    assert capsys.readouterr().out == "report: reports/quick/index.html\n"
    assert "scaling-lab report results/quick --to reports/quick" in (tmp_path / "reports/quick/index.html").read_text()


def test_report_of_a_folder_without_plan(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    assert "no plan.json" in capsys.readouterr().err


def test_exit_status_and_no_heavy_imports():
    """As a user starts it: without torch, and for `cost` without pandas and matplotlib."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "scaling_lab", "cost", "nothing"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "error: unknown family 'nothing'" in ended.stderr
    assert "Traceback" not in ended.stderr
    heavy = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()} & {"torch", "pandas", "matplotlib"}
    assert not heavy


def test_a_closed_pipe_is_no_traceback():
    command = f"{shlex.quote(sys.executable)} -m scaling_lab cost resnet152 --rule all --times-flops 2 | true"
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)  # noqa: S602
    assert ended.stderr == ""


@pytest.mark.usefixtures("without_figures")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_report_that_is_told_to_stop_leaves_no_drafts(number, quick, tmp_path, monkeypatch):
    folder, page = quick.written(tmp_path / "results" / "quick"), tmp_path / "page"
    before = signal.signal(number, lambda *_: pytest.fail("the signal ends the process at once"))
    monkeypatch.setattr("scaling_lab.report.page.render_page", lambda _: signal.raise_signal(number))
    try:
        assert main(["report", str(folder), "--to", str(page)]) == 130
    finally:
        signal.signal(number, before)
    assert list(page.iterdir()) == []
