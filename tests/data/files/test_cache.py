"""Cached datasets: the same as in memory, small when pickled, complete or built again."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from threading import Barrier, Thread

import numpy as np
import pytest
from some_dataset import is_same, put_into_cache, some_dataset

from scaling_lab.data.dataset import InMemoryDataset
from scaling_lab.data.files import cached_dataset as module
from scaling_lab.data.files.cache import cache_folder, load_or_build_dataset
from scaling_lab.data.files.cached_dataset import open_cached_dataset
from scaling_lab.data.sets.fashion_mnist import fashion_mnist


def test_a_cached_dataset_is_the_same_and_describes_itself(tmp_path: Path) -> None:
    built, there = put_into_cache(tmp_path), put_into_cache(tmp_path)
    assert {"fingerprint", "_moments"} <= set(vars(there))  # given, not computed
    assert built.folder == there.folder
    assert is_same(built, some_dataset())
    assert is_same(there, some_dataset())
    computed = InMemoryDataset(there.name, there.classes, there.train, there.held_out, there.test)
    assert (there.fingerprint, there.mean, there.std) == (computed.fingerprint, computed.mean, computed.std)
    with pytest.raises(ValueError, match="read-only"):
        there.train.images[0] = 0
    assert json.loads((there.folder or tmp_path).joinpath("about.json").read_text())["classes"] == 3


def test_a_cached_dataset_is_mapped_and_pickled_as_its_folder(tmp_path: Path) -> None:
    cached = put_into_cache(tmp_path)
    content = pickle.dumps(cached)
    assert len(content) < 1000
    assert is_same(pickle.loads(content), cached)  # noqa: S301
    assert isinstance(cached.train.images.base.base, np.memmap)
    program = "import pickle, sys; print(pickle.loads(sys.stdin.buffer.read()).train.images.sum())"
    ran = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, check=True)  # noqa: S603
    assert int(ran.stdout) == cached.train.images.sum()


def test_a_dataset_in_memory_is_pickled_with_what_was_computed() -> None:
    there = fashion_mnist()
    before = (there.fingerprint, there.mean)
    again = pickle.loads(pickle.dumps(there))  # noqa: S301
    assert is_same(again, there)
    assert {"fingerprint", "_moments"} <= set(vars(again))
    assert (again.fingerprint, again.mean) == before


def test_another_identity_is_another_folder(tmp_path: Path) -> None:
    assert put_into_cache(tmp_path, 1).folder != put_into_cache(tmp_path, 2).folder
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("how", ["short", "long", "gone", "about", "half an about", "another about", "a file"])
def test_a_damaged_folder_is_reported_and_built_again(
    how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = put_into_cache(tmp_path).folder
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
    assert is_same(put_into_cache(tmp_path), some_dataset())
    assert [str(folder) in message for message in caplog.messages] == [True]
    assert is_same(open_cached_dataset(folder), some_dataset())


def test_where_nothing_can_be_written_the_dataset_stays_in_memory_and_that_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    dataset = put_into_cache(tmp_path / "file" / "cache")
    assert dataset.folder is None
    assert is_same(dataset, some_dataset())
    (message,) = caplog.messages
    assert f"{tmp_path}/file/cache: Not a directory" in message


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "sync_file", full)
    assert put_into_cache(tmp_path).folder is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damaged", [False, True])
def test_many_at_once_end_with_one_complete_folder(damaged: bool, tmp_path: Path) -> None:
    if damaged:
        (put_into_cache(tmp_path).folder or tmp_path).joinpath("about.json").unlink()
    together = Barrier(4)
    datasets: list[InMemoryDataset] = []

    def make() -> InMemoryDataset:
        together.wait(5)
        return some_dataset()

    threads = [
        Thread(target=lambda: datasets.append(load_or_build_dataset(str(tmp_path), "some", {"number": 0}, make)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(datasets) == 4
    assert all(is_same(dataset, some_dataset()) for dataset in datasets)
    [folder] = tmp_path.iterdir()
    assert is_same(open_cached_dataset(folder), some_dataset())


def test_a_folder_that_another_process_wrote_meanwhile_stays(tmp_path: Path) -> None:
    others: list[int] = []

    def make() -> InMemoryDataset:
        folder = put_into_cache(tmp_path).folder
        assert folder
        others.append(folder.stat().st_ino)
        return some_dataset()

    dataset = load_or_build_dataset(str(tmp_path), "some", {"number": 0}, make)
    assert dataset.folder
    assert [dataset.folder.stat().st_ino] == others
    assert list(tmp_path.iterdir()) == [dataset.folder]


def test_the_default_folder_of_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/some/cache")
    assert cache_folder(None) == Path("/some/cache/scaling_lab")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", "/home/of/somebody")
    assert cache_folder(None) == Path("/home/of/somebody/.cache/scaling_lab")
    assert cache_folder("~/mine") == Path("/home/of/somebody/mine")


def test_an_interruption_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "sync_file", interrupt)
    with pytest.raises(KeyboardInterrupt):
        put_into_cache(tmp_path)
    assert list(tmp_path.iterdir()) == []
