"""The files and `cost` commands of docs/own-network.md, as a reader would type them."""

import re
import shlex
from pathlib import Path

import pytest

from scaling_lab.cli import main
from scaling_lab.modules import sources, trust

PAGE = Path(__file__).resolve().parents[2] / "docs/own-network.md"
FILES = dict(re.findall(r"The file `(\w+\.py)`.*?```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL))
COSTS = [line for line in PAGE.read_text().splitlines() if line.startswith("scaling-lab cost")]
ONCE = sorted({line.partition(" --rule")[0] for line in COSTS})
BY_RULES = [line for line in COSTS if "--rule" in line]
"""The longest counts a deep network at many sizes."""


@pytest.mark.parametrize(
    "command",
    [*ONCE, *(pytest.param(line, marks=[pytest.mark.slow] * ("--rule compound" in line)) for line in BY_RULES)],
)
def test_costs_of_the_page(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trust, "_trusted", set())
    monkeypatch.setattr(sources, "_known", {})
    monkeypatch.chdir(tmp_path)
    for name, code in FILES.items():
        Path(name).write_text(code)
    assert main(shlex.split(command)[1:]) == 0
    assert "multiply-adds" in capsys.readouterr().out


def test_the_page_has_two_files() -> None:
    assert set(FILES) == {"my_vgg.py", "my_convnext.py"}
