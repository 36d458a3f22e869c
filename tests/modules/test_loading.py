"""Files that import modules of their own folder: each file its own, also where two folders have modules of one name."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from scaling_lab.config import registry
from scaling_lab.errors import UserError
from scaling_lab.modules import imports, trust
from scaling_lab.networks.module_network import ModuleNetwork

NETS = """from torch import nn

from helper import WIDE
from parts.{part} import kernel


def make(depth, width, resolution=8, classes=5, channels=3):
    from late import scale

    wide = round(WIDE * width * scale)
    return nn.Sequential(
        nn.Conv2d(channels, wide, kernel(), padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(wide, classes)
    )
"""


@pytest.fixture(autouse=True)
def own_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget what a test has trusted and imported."""
    monkeypatch.setattr(trust, "_trusted", set())
    monkeypatch.setattr(imports, "_known", {})
    monkeypatch.setattr(imports, "_added", [])
    monkeypatch.setattr(imports, "_entered", [])
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in ("helper", "late", "parts")]:
        del sys.modules[name]


def write(folder: Path, wide: int, scale: int, part: str) -> Path:
    (folder / "parts").mkdir(parents=True)
    (folder / "helper.py").write_text(f"WIDE = {wide}\n")
    (folder / "late.py").write_text(f"scale = {scale}\n")
    (folder / "parts/__init__.py").write_text("")
    (folder / f"parts/{part}.py").write_text("def kernel():\n    return 3\n")
    (folder / "nets.py").write_text(NETS.format(part=part))
    trust.trust_file(folder / "nets.py")
    return folder / "nets.py"


def family(path: Path) -> ModuleNetwork:
    network: ModuleNetwork = registry.build_value("family", registry.read_yaml("family", f"{path}:make"))
    return network


def channels(path: Path) -> int:
    """Return the output channels of the convolution: those of all layers without the classifier's 10."""
    network = family(path)
    return network.widths[0] - network.classes


def test_two_folders_have_helpers_of_one_name(tmp_path: Path) -> None:
    first = write(tmp_path / "a", wide=4, scale=1, part="one")
    second = write(tmp_path / "b", wide=6, scale=2, part="two")
    assert (channels(first) - channels(second), family(first).factory == family(second).factory) == (4 - 12, False)
    assert family(first).factory.load()(1, 1)[0].out_channels == 4  # type: ignore[attr-defined]
    assert family(second).factory.load()(1, 2)[0].out_channels == 24  # type: ignore[attr-defined]


LAZY = """from torch import nn


class Net(nn.Sequential):
    def forward(self, x):
        from helper import WIDE
        from parts.one import kernel

        return super().forward(x) * WIDE * kernel()


def make(depth, width, resolution=8, classes=5, channels=3):
    return Net(nn.Conv2d(channels, classes, 1, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten())
"""


def test_what_forward_imports_is_of_its_own_folder_and_part_of_the_digest(tmp_path: Path) -> None:
    """Each module runs after its own factory was called, as it is counted and trained."""
    paths = [write(tmp_path / name, wide, 1, "one") for name, wide in (("a", 2), ("b", 7))]
    for path in paths:
        path.write_text(LAZY)
    factories = [family(path).factory for path in paths]
    image, outputs = torch.ones(1, 3, 8, 8), []
    for factory in (*factories, *factories):
        module = factory.load()(1, 1)
        torch.nn.init.ones_(module[0].weight)
        outputs.append(module(image).max().item())
    assert outputs == [2 * 3 * 3, 7 * 3 * 3] * 2
    (paths[0].parent / "helper.py").write_text("WIDE = 30\n")
    edited = family(paths[0]).factory
    assert edited.digest != factories[0].digest  # type: ignore[attr-defined]
    assert edited.load()(1, 1)(image).shape == (1, 5)
    assert sys.modules["helper"].WIDE == 30


def test_an_edited_helper_is_imported_anew(tmp_path: Path) -> None:
    path = write(tmp_path / "a", wide=4, scale=1, part="one")
    before = channels(path)
    (path.parent / "helper.py").write_text("WIDE = 32\n")
    assert channels(path) - before == 28


def test_a_helper_of_another_folder_is_not_imported(tmp_path: Path) -> None:
    family(write(tmp_path / "a", wide=4, scale=1, part="one"))
    lacking = write(tmp_path / "b", wide=4, scale=1, part="one")
    (lacking.parent / "helper.py").unlink()
    with pytest.raises(UserError, match="ModuleNotFoundError: No module named 'helper'"):
        family(lacking)


def test_modules_that_were_there_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed/helper.py").write_text("WIDE = 1000\n")
    monkeypatch.syspath_prepend(str(tmp_path / "installed"))
    import helper  # type: ignore[import-not-found]

    path = write(tmp_path / "a", wide=4, scale=1, part="one")
    assert family(path).factory.load()(1, 1)[0].out_channels == 4  # type: ignore[attr-defined]
    assert sys.modules["helper"] is helper
    assert sys.path[0] != str(path.parent)


def test_a_file_next_to_the_package_uses_the_loaded_one_and_the_path_stays(tmp_path: Path) -> None:
    """A checkout's root has the package as a folder; a second copy would have other classes."""
    root = tmp_path / "checkout"
    (root / "scaling_lab").mkdir(parents=True)
    (root / "scaling_lab/__init__.py").write_text("raise AssertionError('imported anew')\n")
    own = write(root, 8, 1, "a")
    lines = ("import scaling_lab as lab", "from scaling_lab.errors import UserError", NETS.format(part="a"))
    own.write_text("\n".join(lines))
    trust.trust_file(own)
    before = list(sys.path)
    assert channels(own) == 8
    assert sys.modules["scaling_lab.errors"].UserError is UserError
    assert sys.path == [*before, str(root)]
    channels(write(tmp_path / "other", 16, 1, "b"))
    assert sys.path[: len(before)] == before
