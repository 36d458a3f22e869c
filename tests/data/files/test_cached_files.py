"""Files of the cache: digests, stamps, and damage that is found."""

import hashlib
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up import noise
from numpy.typing import NDArray
from some_dataset import is_same, put_into_cache, some_dataset

from scaling_lab.data.files import cached_dataset as module
from scaling_lab.data.files.cached_array import load_or_build_array
from scaling_lab.data.files.cached_dataset import open_cached_dataset
from scaling_lab.data.files.digests import file_digest
from scaling_lab.data.files.source import fingerprint_source
from scaling_lab.data.summary import PARTS
from scaling_lab.errors import UserError


def test_a_stamp_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    file = tmp_path / "a" / "1.png"
    file.write_bytes(b"1")
    stamps = [fingerprint_source(tmp_path), fingerprint_source(file)]
    file.write_bytes(b"12")
    stamps += [fingerprint_source(tmp_path), fingerprint_source(file)]
    (tmp_path / "b").write_bytes(b"")
    stamps.append(fingerprint_source(tmp_path))
    file.rename(tmp_path / "a" / "2.png")
    stamps.append(fingerprint_source(tmp_path))
    assert len({repr(stamp) for stamp in stamps}) == len(stamps)
    (tmp_path / ".hidden").write_bytes(b"")
    assert fingerprint_source(tmp_path) == stamps[-1]
    with pytest.raises(UserError, match="there is no file or folder .*1.png"):  # noqa: RUF043
        fingerprint_source(file)


def invert(path: Path) -> None:
    """Invert the last 20 bytes of a file; its size stays."""
    content = path.read_bytes()
    path.write_bytes(content[:-20] + bytes(byte ^ 0xFF for byte in content[-20:]))


@pytest.mark.parametrize("name", [f"{part}_{what}.npy" for part in PARTS for what in ("images", "labels")])
def test_inverted_bytes_are_seen_and_built_again(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = put_into_cache(tmp_path).folder
    assert folder
    invert(folder / name)
    with pytest.raises(ValueError, match=f"{name} has other contents"):
        open_cached_dataset(folder)
    assert is_same(put_into_cache(tmp_path), some_dataset())
    assert len(caplog.messages) == 1
    assert is_same(open_cached_dataset(folder), some_dataset())


@pytest.mark.parametrize("key", ["mean", "fingerprint", "name", "classes"])
def test_another_description_is_seen(key: str, tmp_path: Path) -> None:
    folder = put_into_cache(tmp_path).folder
    assert folder
    about = json.loads((folder / "about.json").read_text())
    about[key] = {"mean": [0.1] * 3, "classes": 4}.get(key, "other")
    (folder / "about.json").write_text(json.dumps(about))
    with pytest.raises(ValueError, match=r"about\.json has another digest"):
        open_cached_dataset(folder)


def test_contents_are_compared_once_per_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = put_into_cache(tmp_path)
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
