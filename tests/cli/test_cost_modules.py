"""`scaling-lab cost` of networks of own code."""

from pathlib import Path

import pytest
from own_nets import VGG

from scaling_lab.cli import main


@pytest.mark.parametrize(("families", "has_memory"), [([], False), (["resnet18"], True)])
def test_memory_that_is_not_known_has_no_column(
    families: list[str], has_memory: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nets.py"
    path.write_text(VGG)
    options = ["--rule", "width", "--times-flops", "1", "2", "--trust", str(path)]
    assert main(["cost", f"{path}:make_vgg", *families, *options]) == 0
    out = capsys.readouterr().out
    assert ("training" in out.splitlines()[2].split()) == has_memory
    assert ("Batch of 64" in out) == has_memory
    assert "memory of a module is not known" in out
