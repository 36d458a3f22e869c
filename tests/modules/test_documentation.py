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
WITHOUT_RULES = {line.partition(" --rule")[0] for line in COSTS}
"""The longest of them counts a network of timm's blocks at many sizes; without a rule, it is counted once."""


@pytest.mark.parametrize(
    "command",
    [*sorted(WITHOUT_RULES), *(pytest.param(line, marks=pytest.mark.slow) for line in COSTS if "--rule compound" in line)]
    + [line for line in COSTS if "--rule width" in line],
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
