"""The examples in docstrings give what they show, and reports start, without torch; `scaling_lab` exports its names."""

import subprocess
import sys

import pytest

import scaling_lab as lab

CODE = """
import doctest, importlib, sys
import scaling_lab.cli, scaling_lab.report
examples = failures = 0
for name in ("scaling_lab", *(f"scaling_lab.api.{part}" for part in ("catalog", "cost", "results", "study"))):
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.attempted, name
    failures += outcome.failed
assert "torch" not in sys.modules
sys.exit(failures)
"""


def test_examples() -> None:
    ended = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)  # noqa: S603
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_public_name_exists() -> None:
    assert all(getattr(lab, name) for name in lab.__all__)
    assert lab.__all__ == sorted(lab.__all__)
    assert set(lab.__all__) < set(dir(lab))
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = lab.no_such_name


def test_importing_it_imports_nothing_heavy() -> None:
    code = "import sys, scaling_lab; sys.exit(bool({'torch', 'numpy', 'pandas', 'yaml'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603
