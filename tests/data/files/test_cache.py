"""Data sets kept as arrays: the same as in memory, small to hand over, whole or made again."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from threading import Barrier, Thread

import numpy as np
import pytest
from made_up import noise

from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.data.files import cache as module
from scaling_lab.data.files.cache import (
    cache_folder,
    fingerprint_source,
    load_or_build_dataset,
    open_cached_dataset,
)
from scaling_lab.data.sets.fashion_mnist import fashion_mnist
from scaling_lab.errors import UserError

NAMES = ("ant", "bee", "cat")


def some_pictures() -> InMemoryDataset:
    splits = (Split(noise(count, 3, 5, 5, seed=count), np.arange(count) % 3) for count in (30, 6, 9))
    return InMemoryDataset("some", 3, *splits, skipped=4)


def keep(cache: Path, number: int = 0) -> InMemoryDataset:
    return load_or_build_dataset(str(cache), "some", {"number": number}, lambda: (some_pictures(), NAMES))


def same(one: InMemoryDataset, other: InMemoryDataset) -> bool:
    arrays = [
        [getattr(getattr(pictures, part), what) for part in module.PARTS for what in ("images", "labels")]
        for pictures in (one, other)
    ]
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(*arrays, strict=True)) and all(
        getattr(one, name) == getattr(other, name)
        for name in ("name", "classes", "skipped", "fingerprint", "mean", "std", "side", "channels")
    )


def test_what_is_kept_is_the_same_and_what_it_says_of_itself_is_true(tmp_path: Path) -> None:
    found, there = keep(tmp_path), keep(tmp_path)
    assert {"fingerprint", "_moments"} <= set(vars(there))  # told, not computed
    assert found.folder == there.folder
    assert same(found, some_pictures())
    assert same(there, some_pictures())
    computed = InMemoryDataset(there.name, there.classes, there.train, there.held_out, there.test)
    assert (there.fingerprint, there.mean, there.std) == (computed.fingerprint, computed.mean, computed.std)
    with pytest.raises(ValueError, match="read-only"):
        there.train.images[0] = 0
    assert json.loads((there.folder or tmp_path).joinpath("about.json").read_text())["classes"] == list(NAMES)


def test_what_is_kept_is_mapped_and_pickled_as_its_place(tmp_path: Path) -> None:
    found = keep(tmp_path)
    content = pickle.dumps(found)
    assert len(content) < 500
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
    assert same(keep(tmp_path), some_pictures())
    assert [str(folder) in message for message in caplog.messages] == [True]
    assert same(open_cached_dataset(folder), some_pictures())


def test_where_nothing_can_be_written_it_stays_in_memory_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    found = keep(tmp_path / "file" / "cache")
    assert found.folder is None
    assert same(found, some_pictures())
    (message,) = caplog.messages
    assert f"{tmp_path}/file/cache: Not a directory" in message


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_sync", full)
    assert keep(tmp_path).folder is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damaged", [False, True])
def test_many_at_once_end_with_one_whole_folder(damaged: bool, tmp_path: Path) -> None:
    if damaged:
        (keep(tmp_path).folder or tmp_path).joinpath("about.json").unlink()
    together = Barrier(4)
    found: list[InMemoryDataset] = []

    def make() -> tuple[InMemoryDataset, tuple[str, ...]]:
        together.wait(5)
        return some_pictures(), NAMES

    threads = [
        Thread(target=lambda: found.append(load_or_build_dataset(str(tmp_path), "some", {"number": 0}, make)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 4
    assert all(same(one, some_pictures()) for one in found)
    [folder] = tmp_path.iterdir()
    assert same(open_cached_dataset(folder), some_pictures())


def test_what_another_process_kept_meanwhile_stays(tmp_path: Path) -> None:
    others: list[int] = []

    def make() -> tuple[InMemoryDataset, tuple[str, ...]]:
        folder = keep(tmp_path).folder
        assert folder
        others.append(folder.stat().st_ino)
        return some_pictures(), NAMES

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
