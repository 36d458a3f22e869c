import argparse
import gzip
import hashlib
import io
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from scaling_lab.errors import UserError
from scripts import offline_pack, pack_contents

NEEDS = {
    "fvcore": ["numpy", "yacs>=0.1.6", "iopath>=0.1.7,<0.1.10", "tqdm; extra == 'all'"],
    "yacs": ["PyYAML"],
    "iopath": ["portalocker", "typing_extensions", "fvcore"],
    "pandas": ["numpy", "tzdata; sys_platform == 'win32'", "python-dateutil>=2.8.2"],
    "python-dateutil": ["six>=1.5"],
    "backport": [],
}


def lacking(needs: list[str], has: list[str], version: str = "3.12") -> list[str]:
    return offline_pack.missing_packages(needs, has, version, lambda name: NEEDS.get(name, []))


def test_what_is_needed_in_turn_is_packed() -> None:
    assert lacking(["fvcore>=0.1"], []) == [
        "fvcore", "iopath", "numpy", "portalocker", "pyyaml", "typing-extensions", "yacs",
    ]  # fmt: skip


def test_what_the_machine_has_and_what_only_that_needs_is_not() -> None:
    assert lacking(["pandas>=3", "fvcore"], ["pandas", "PyYAML", "numpy", "portalocker", "typing_extensions"]) == [
        "fvcore",
        "iopath",
        "yacs",
    ]


@pytest.mark.parametrize(("version", "expected"), [("3.10", ["backport"]), ("3.12", [])])
def test_markers_are_those_of_that_machine(version: str, expected: list[str]) -> None:
    assert lacking(["backport; python_version < '3.11'", "other; platform_machine == 'arm64'"], [], version) == expected


def test_every_dependency_of_the_project_is_pinned() -> None:
    pinned = offline_pack.parse_pins((offline_pack.ROOT / "constraints.txt").read_text())
    assert set(offline_pack.INSTALLED.split(",")) <= set(pinned)
    assert pinned["typing-extensions"] == "4.16.0"


def tar(path: Path, parts: dict[str, int], classes: int = 2) -> Path:
    """A tar with so many files in each class of each part."""
    with tarfile.open(path, "w") as file:
        for part, count in parts.items():
            for label in range(classes):
                for place in range(count):
                    content = f"{part} {label} {place}".encode()
                    member = tarfile.TarInfo(f"set/{part}/class{label}/{place:04d}.jpg")
                    member.size = len(content)
                    file.addfile(member, io.BytesIO(content))
    return path


def test_a_few_pictures_of_each_class_and_a_fifth_of_that_to_test(tmp_path: Path) -> None:
    source = tar(tmp_path / "set.tar", {"train": 20, "val": 20, "extra": 3})
    (tmp_path / "to").mkdir()
    made = pack_contents.copy_images(source, 10, tmp_path / "to")
    with tarfile.open(made) as file:
        contents = {member.name: file.extractfile(member).read().decode() for member in file}  # type: ignore[union-attr]
    expected = [("train", label, place) for label in range(2) for place in range(10)]
    expected += [("val", label, place) for label in range(2) for place in range(2)]
    assert made.name == "set-10-a-class.tar.gz"
    assert contents == {f"set/{p}/class{label}/{i:04d}.jpg": f"{p} {label} {i}" for p, label, i in expected}


def test_the_same_pictures_are_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tar(tmp_path / "set.tar", {"train": 5})
    made = []
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        monkeypatch.setattr("time.time", lambda place=place: float(ord(place)) * 1e6)
        made.append(pack_contents.copy_images(source, 5, tmp_path / place).read_bytes())
    assert made[0] == made[1]


def test_a_whole_tar_is_copied_as_it_is(tmp_path: Path) -> None:
    source = tar(tmp_path / "set.tar", {"train": 1})
    (tmp_path / "to").mkdir()
    assert pack_contents.copy_images(source, None, tmp_path / "to").read_bytes() == source.read_bytes()


def no_tar(folder: Path) -> Path:
    (folder / "set.tar").write_bytes(b"no tar at all")
    return folder / "set.tar"


def cut(folder: Path) -> Path:
    compressed = gzip.compress(tar(folder / "whole.tar", {"train": 9}).read_bytes())
    (folder / "set.tar.gz").write_bytes(compressed[: len(compressed) // 2])
    return folder / "set.tar.gz"


@pytest.mark.parametrize(
    ("source", "a_class", "message"),
    [
        (lambda folder: folder / "none.tar", 5, "none.tar cannot be read"),
        (no_tar, None, "set.tar cannot be read"),
        (cut, 5, "set.tar.gz cannot be read"),
        (cut, None, "set.tar.gz cannot be read"),
        (lambda folder: tar(folder / "set.tar", {"other": 3}), 5, "has no [...]/train/CLASS/FILE"),
        (lambda folder: tar(folder / "set.tar", {"train": 3}), 0, "--a-class is 0; must be at least 1"),
    ],
)
def test_pictures_that_cannot_be_packed(
    tmp_path: Path, source: Callable[[Path], Path], a_class: int | None, message: str
) -> None:
    (tmp_path / "to").mkdir()
    with pytest.raises(UserError) as error:
        pack_contents.copy_images(source(tmp_path), a_class, tmp_path / "to")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Stands in for pip, which downloads nothing and builds a wheel of this name, or fails."""

    def stand_in(built: str | None) -> None:
        def runs(command: list[str]) -> tuple[bool, str]:
            if "wheel" not in command or built is None:
                return False, "ERROR: No matching distribution found for yacs==0.1.8"
            folder = next(word.partition("=")[2] for word in command if word.startswith("--wheel-dir="))
            (Path(folder) / built).write_bytes(b"")
            return True, ""

        monkeypatch.setattr(pack_contents, "_run_pip", runs)

    return stand_in


def test_pure_python_without_a_wheel_is_built(tmp_path: Path, pip: Callable[[str | None], None]) -> None:
    pip("yacs-0.1.8-py3-none-any.whl")
    pack_contents.download_wheel("yacs==0.1.8", "3.12", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["yacs-0.1.8-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("built", "message"),
    [
        (None, "yacs==0.1.8 cannot be downloaded: ERROR: No matching distribution found for yacs==0.1.8"),
        ("yacs-0.1.8-cp311-cp311-linux_x86_64.whl", "and is not pure Python"),
    ],
)
def test_a_wheel_that_cannot_be_had(
    tmp_path: Path, pip: Callable[[str | None], None], built: str | None, message: str
) -> None:
    pip(built)
    with pytest.raises(UserError) as error:
        pack_contents.download_wheel("yacs==0.1.8", "3.12", tmp_path)
    assert message in str(error.value)


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> argparse.Namespace:
    """A pack of one wheel and six pictures."""

    def wheel(pin: str, _: str, folder: Path) -> None:
        (folder / f"{pin}.whl").write_bytes(b"a wheel")

    monkeypatch.setattr(offline_pack, "download_wheel", wheel)
    monkeypatch.setattr(offline_pack, "missing_packages", lambda *_: ["yacs"])
    source = tar(tmp_path / "set.tar", {"train": 3})
    folder = tmp_path / "offline-pack"
    monkeypatch.setattr("sys.argv", ["offline_pack.py", str(source), "--to", str(folder)])
    return argparse.Namespace(source=source, folder=folder)


def test_a_pack_says_how_it_is_used_and_holds_its_sums(arguments: argparse.Namespace) -> None:
    assert offline_pack.main() == 0
    pack = arguments.folder
    files = {str(path.relative_to(pack)) for path in pack.rglob("*") if path.is_file()}
    assert files == {"README.md", "SHA256SUMS", "set.tar", "wheels/yacs==0.1.8.whl"}
    sums = dict(reversed(line.split("  ")) for line in (pack / "SHA256SUMS").read_text().splitlines())
    assert sums == {name: hashlib.sha256((pack / name).read_bytes()).hexdigest() for name in files - {"SHA256SUMS"}}
    assert "--pictures offline-pack/set.tar" in (pack / "README.md").read_text()
    assert "all images of set.tar" in (pack / "README.md").read_text()


def test_a_part_is_named_after_its_images(arguments: argparse.Namespace) -> None:
    sys.argv += ["--a-class", "2"]
    assert offline_pack.main() == 0
    assert (arguments.folder / "set-2-a-class.tar.gz").is_file()
    text = (arguments.folder / "README.md").read_text()
    assert "dataset.path=offline-pack/set-2-a-class.tar.gz" in text
    assert "first 2 training images" in text


def test_a_pack_over_the_limit_is_refused_in_a_line_and_the_old_one_stays(
    arguments: argparse.Namespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments.folder.mkdir()
    (arguments.folder / "old").write_text("")
    monkeypatch.setattr(offline_pack, "LIMIT", 0)
    assert offline_pack.main() == 2
    error = capsys.readouterr().err
    assert error.startswith("error: the pack has 0.0 MiB")
    assert "at most 0 MiB" in error
    assert error.count("\n") == 1
    assert [path.name for path in arguments.folder.parent.iterdir() if path.is_dir()] == ["offline-pack"]
    assert [path.name for path in arguments.folder.iterdir()] == ["old"]
