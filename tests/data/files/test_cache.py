"""Data sets kept as arrays: the same as in memory, small to hand over, whole or made again."""

import hashlib
import json
import pickle
import subprocess
import sys
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import numpy as np
import pytest
from made_up import noise
from numpy.typing import NDArray

from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.data.files import cache as module
from scaling_lab.data.files.cache import (
    cache_folder,
    load_or_build_dataset,
    open_cached_dataset,
)
from scaling_lab.data.files.cached_array import load_or_build_array
from scaling_lab.data.files.digests import file_digest
from scaling_lab.data.files.source import fingerprint_source
from scaling_lab.data.found import Origin, SkippedFiles
from scaling_lab.data.sets.fashion_mnist import fashion_mnist
from scaling_lab.errors import UserError

ORIGIN = Origin({"train": "here"}, (5, 9), (SkippedFiles("files", 2, "x"),))


def some_dataset() -> InMemoryDataset:
    splits = (Split(noise(count, 3, 5, 5, seed=count), np.arange(count) % 3) for count in (30, 6, 9))
    return InMemoryDataset("some", 3, *splits, skipped=4, class_names=("ant", "bee", "cat"), origin=ORIGIN)


def keep(cache: Path, number: int = 0) -> InMemoryDataset:
    return load_or_build_dataset(str(cache), "some", {"number": number}, some_dataset)


def same(one: InMemoryDataset, other: InMemoryDataset) -> bool:
    arrays = [
        [getattr(getattr(stored, part), what) for part in module.PARTS for what in ("images", "labels")]
        for stored in (one, other)
    ]
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(*arrays, strict=True)) and all(
        getattr(one, name) == getattr(other, name)
        for name in (
            "name",
            "classes",
            "skipped",
            "class_names",
            "origin",
            "fingerprint",
            "mean",
            "std",
            "side",
            "channels",
        )
    )


def test_what_is_kept_is_the_same_and_what_it_says_of_itself_is_true(tmp_path: Path) -> None:
    found, there = keep(tmp_path), keep(tmp_path)
    assert {"fingerprint", "_moments"} <= set(vars(there))  # told, not computed
    assert found.folder == there.folder
    assert same(found, some_dataset())
    assert same(there, some_dataset())
    computed = InMemoryDataset(there.name, there.classes, there.train, there.held_out, there.test)
    assert (there.fingerprint, there.mean, there.std) == (computed.fingerprint, computed.mean, computed.std)
    with pytest.raises(ValueError, match="read-only"):
        there.train.images[0] = 0
    assert json.loads((there.folder or tmp_path).joinpath("about.json").read_text())["classes"] == 3


def test_what_is_kept_is_mapped_and_pickled_as_its_place(tmp_path: Path) -> None:
    found = keep(tmp_path)
    content = pickle.dumps(found)
    assert len(content) < 1000
    assert same(pickle.loads(content), found)  # noqa: S301
    assert isinstance(found.train.images.base.base, np.memmap)
    program = "import pickle, sys; print(pickle.loads(sys.stdin.buffer.read()).train.images.sum())"
    ran = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, check=True)  # noqa: S603
    assert int(ran.stdout) == found.train.images.sum()


def test_what_is_in_memory_is_pickled_with_what_was_computed() -> None:
    there = fashion_mnist()
    before = (there.fingerprint, there.mean)
    again = pickle.loads(pickle.dumps(there))  # noqa: S301
    assert same(again, there)
    assert {"fingerprint", "_moments"} <= set(vars(again))
    assert (again.fingerprint, again.mean) == before


def test_another_identity_is_another_folder(tmp_path: Path) -> None:
    assert keep(tmp_path, 1).folder != keep(tmp_path, 2).folder
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("how", ["short", "long", "gone", "about", "half an about", "another about", "a file"])
def test_a_damaged_folder_is_told_and_made_again(how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = keep(tmp_path).folder
    assert folder
    array, about = folder / "train_images.npy", folder / "about.json"
    if how == "short":
        array.write_bytes(array.read_bytes()[:-1])
    elif how == "long":
        array.write_bytes(array.read_bytes() + b"\0")
    elif how == "gone":
        array.unlink()
    elif how == "about":
        about.unlink()
    elif how == "half an about":
        about.write_text(about.read_text()[:100])
    elif how == "another about":
        about.write_text("[]")
    else:
        folder.rename(tmp_path / "aside")
        folder.write_text("")
    with pytest.raises(ValueError, match="is damaged"):
        open_cached_dataset(folder)
    assert same(keep(tmp_path), some_dataset())
    assert [str(folder) in message for message in caplog.messages] == [True]
    assert same(open_cached_dataset(folder), some_dataset())


def test_where_nothing_can_be_written_it_stays_in_memory_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    found = keep(tmp_path / "file" / "cache")
    assert found.folder is None
    assert same(found, some_dataset())
    (message,) = caplog.messages
    assert f"{tmp_path}/file/cache: Not a directory" in message


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "sync_file", full)
    assert keep(tmp_path).folder is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damaged", [False, True])
def test_many_at_once_end_with_one_whole_folder(damaged: bool, tmp_path: Path) -> None:
    if damaged:
        (keep(tmp_path).folder or tmp_path).joinpath("about.json").unlink()
    together = Barrier(4)
    found: list[InMemoryDataset] = []

    def make() -> InMemoryDataset:
        together.wait(5)
        return some_dataset()

    threads = [
        Thread(target=lambda: found.append(load_or_build_dataset(str(tmp_path), "some", {"number": 0}, make)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 4
    assert all(same(one, some_dataset()) for one in found)
    [folder] = tmp_path.iterdir()
    assert same(open_cached_dataset(folder), some_dataset())


def test_what_another_process_kept_meanwhile_stays(tmp_path: Path) -> None:
    others: list[int] = []

    def make() -> InMemoryDataset:
        folder = keep(tmp_path).folder
        assert folder
        others.append(folder.stat().st_ino)
        return some_dataset()

    found = load_or_build_dataset(str(tmp_path), "some", {"number": 0}, make)
    assert found.folder
    assert [found.folder.stat().st_ino] == others
    assert list(tmp_path.iterdir()) == [found.folder]


def test_the_cache_is_where_the_system_keeps_such_things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/some/cache")
    assert cache_folder(None) == Path("/some/cache/scaling_lab")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", "/home/of/somebody")
    assert cache_folder(None) == Path("/home/of/somebody/.cache/scaling_lab")
    assert cache_folder("~/mine") == Path("/home/of/somebody/mine")


def test_a_stamp_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / "1.png"
    file.write_bytes(b"1")
    found = [fingerprint_source(tmp_path), fingerprint_source(file)]
    file.write_bytes(b"12")
    found += [fingerprint_source(tmp_path), fingerprint_source(file)]
    (tmp_path / "b").write_bytes(b"")
    found.append(fingerprint_source(tmp_path))
    file.rename(tmp_path / "a" / "2.png")
    found.append(fingerprint_source(tmp_path))
    assert len({repr(one) for one in found}) == len(found)
    (tmp_path / ".hidden").write_bytes(b"")
    assert fingerprint_source(tmp_path) == found[-1]
    with pytest.raises(UserError, match="there is no file or folder .*1.png"):  # noqa: RUF043
        fingerprint_source(file)


def invert(path: Path) -> None:
    """Invert the last 20 bytes of a file; its size stays."""
    content = path.read_bytes()
    path.write_bytes(content[:-20] + bytes(byte ^ 0xFF for byte in content[-20:]))


@pytest.mark.parametrize("name", [f"{part}_{what}.npy" for part in module.PARTS for what in ("images", "labels")])
def test_inverted_bytes_are_seen_and_built_again(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = keep(tmp_path).folder
    assert folder
    invert(folder / name)
    with pytest.raises(ValueError, match=f"{name} has other contents"):
        open_cached_dataset(folder)
    assert same(keep(tmp_path), some_dataset())
    assert len(caplog.messages) == 1
    assert same(open_cached_dataset(folder), some_dataset())


@pytest.mark.parametrize("key", ["mean", "fingerprint", "name", "classes"])
def test_another_description_is_seen(key: str, tmp_path: Path) -> None:
    folder = keep(tmp_path).folder
    assert folder
    about = json.loads((folder / "about.json").read_text())
    about[key] = {"mean": [0.1] * 3, "classes": 4}.get(key, "other")
    (folder / "about.json").write_text(json.dumps(about))
    with pytest.raises(ValueError, match=r"about\.json has another digest"):
        open_cached_dataset(folder)


def test_contents_are_compared_once_per_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = keep(tmp_path)
    assert dataset.folder
    compared: list[Path] = []
    monkeypatch.setattr(module, "file_digest", lambda path: (compared.append(path), file_digest(path))[1])
    open_cached_dataset(dataset.folder)
    content = pickle.dumps(dataset)
    assert compared == []
    module._verified.clear()  # as in a worker
    pickle.loads(content)  # noqa: S301
    assert compared == []
    module._verified.clear()  # as in another command
    open_cached_dataset(dataset.folder)
    assert len(compared) == 6
    invert(dataset.folder / "test_images.npy")
    module._verified.clear()
    with pytest.raises(ValueError, match="other contents"):
        pickle.loads(content)  # noqa: S301


def test_a_resized_array_is_compared_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    built: list[int] = []
    array = noise(7, 3, 5, 5)

    def load() -> NDArray[Any]:
        return load_or_build_array(tmp_path / "x.npy", lambda: (built.append(1), array)[1])

    assert [np.array_equal(load(), array) for _ in range(3)] == [True] * 3
    assert (len(built), caplog.messages) == (1, [])
    for damage in (invert, lambda path: path.write_bytes(path.read_bytes()[:-1]), lambda path: path.write_bytes(b"")):
        damage(tmp_path / "x.npy")
        assert np.array_equal(load(), array)
    assert (len(built), len(caplog.messages)) == (4, 3)
    assert [file.name for file in tmp_path.iterdir()] == ["x.npy"]


@pytest.mark.parametrize("size", [0, 1, (4 << 20) - 1, 4 << 20, (8 << 20) + 5])
def test_a_digest_is_that_of_all_blocks(size: int, tmp_path: Path) -> None:
    content = np.random.default_rng(size).bytes(size)
    (tmp_path / "x").write_bytes(content + b"more")
    blocks = [hashlib.sha256(content[start : start + (4 << 20)]).digest() for start in range(0, size, 4 << 20)]
    assert file_digest(tmp_path / "x", size) == hashlib.sha256(b"".join(blocks)).digest()
    assert file_digest(tmp_path / "x") != file_digest(tmp_path / "x", size)


def test_an_interruption_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "sync_file", interrupt)
    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path)
    assert list(tmp_path.iterdir()) == []
