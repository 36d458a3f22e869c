"""Output that cannot be encoded or written: ASCII in place of what is missing, and no work lost."""

import os
import subprocess
import sys

import pytest

from scaling_lab.errors import UserError
from scaling_lab.study.display.command import run_command
from scaling_lab.study.display.streams import ASCII_EQUIVALENTS, escape_controls, to_ascii

PRINTS = r"""
import sys
from pathlib import Path
from scaling_lab.study.display.command import run_command

def work(words):
    for number in range(3000):
        print(number, "\xd7 \u2212 \xe9 \u4e2d \x1b]0;title")
    Path("done").touch()
    return 0

sys.exit(run_command(work, []))
"""


def run(tmp_path, command="{python} prints.py", **environment):
    """Run a shell command line that contains {python}, and return its exit status, output and errors."""
    (tmp_path / "prints.py").write_text(PRINTS)
    line = command.format(python=sys.executable)
    variables = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment
    ended = subprocess.run(  # noqa: S602
        line, shell=True, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
    )
    return ended.returncode, ended.stdout, ended.stderr


def test_every_equivalent_is_ascii():
    assert all(to_ascii(character) == plain and plain.isascii() for character, plain in ASCII_EQUIVALENTS.items())
    assert to_ascii("a\N{MULTIPLICATION SIGN}\N{LATIN SMALL LETTER E WITH ACUTE}\N{CJK UNIFIED IDEOGRAPH-4E2D}") == (
        r"axe\u4e2d"
    )


def test_control_characters_are_visible_but_for_styles_on_terminals():
    text = "\x1b[1mbold\x1b[0m \x1b]52;c;x\x07 \u202e tab\t\n"
    assert escape_controls(text) == r"\x1b[1mbold\x1b[0m \x1b]52;c;x\x07 \u202e tab" + "\t\n"
    assert escape_controls(text, on_terminal=True) == "\x1b[1mbold\x1b[0m " + r"\x1b]52;c;x\x07 \u202e tab" + "\t\n"


@pytest.mark.parametrize(
    "environment", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
def test_an_encoding_without_the_characters(environment, tmp_path):
    status, output, errors = run(tmp_path, **environment)
    assert (status, errors) == (0, "")
    assert output.splitlines()[1] == r"1 x - e \u4e2d \x1b]0;title"


@pytest.mark.parametrize("reader", [">&-", "| true", "| head -1"])
def test_work_is_done_without_a_reader(reader, tmp_path):
    _, _, errors = run(tmp_path, f"{{{{ {{python}} prints.py; echo $? > status; }}}} {reader}")
    assert errors == ""
    assert (tmp_path / "status").read_text() == "0\n"
    assert (tmp_path / "done").exists()


def test_a_full_disk_is_a_failure_but_the_work_is_done(tmp_path):
    status, _, errors = run(tmp_path, "{python} prints.py > /dev/full")
    assert (status, errors) == (1, "error: standard output cannot be written to: No space left on device\n")
    assert (tmp_path / "done").exists()


def test_python_warnings_do_not_end_a_command(tmp_path):
    line = "import sys, warnings; from scaling_lab.study.display.command import run_command; "
    line += "sys.exit(run_command(lambda _: warnings.warn('careful') or 0, []))"
    status, _, errors = run(tmp_path, f'{{python}} -c "{line}"', PYTHONWARNINGS="error")
    assert status == 0
    assert "careful" in errors


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (UserError("name is \x1b]0;x"), 2, r"name is \x1b]0;x"),
        (FileNotFoundError(2, "No such file or directory", "x"), 2, "x: No such file or directory"),
        (OSError(28, "No space left on device", "x"), 1, "x: No space left on device"),
        (MemoryError(), 1, "not enough memory"),
        (EOFError(), 1, "a process that this one needs has ended; there may not be enough memory for it"),
        (ImportError("no\nmodule"), 1, "no module"),
        (ImportError("x.so: failed to map segment"), 1, "not enough memory: x.so: failed to map segment"),
    ],
)
def test_errors_are_lines(error, status, line, capsys):
    def fail(_words):
        raise error

    assert run_command(fail, []) == status
    assert capsys.readouterr() == ("", f"error: {line}\n")
    assert run_command(fail, ["-v"]) == status
    assert ("Traceback" in capsys.readouterr().err) is not isinstance(error, UserError)


def test_exit_codes_of_others_pass(capsys):
    for code, status in ((None, 0), (3, 3), ("text", 1)):
        assert run_command(lambda _, code=code: sys.exit(code), []) == status
    with pytest.raises(ZeroDivisionError):
        run_command(lambda _: 1 // 0, [])
    assert capsys.readouterr().err == ""
