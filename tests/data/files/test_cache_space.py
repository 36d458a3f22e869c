"""The size of the cache: the least recently used datasets make room, nothing else does; `scaling-lab cache`."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from made_up import noise

from scaling_lab.cli import main
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.data.files import cache_space as module
from scaling_lab.data.files.cache import load_or_build_dataset
from scaling_lab.data.files.cache_space import CacheEntry, cache_limit, clear_cache, list_cache, make_room
from scaling_lab.errors import UserError

HOUR = 3600


def release() -> None:
    """Stop using all datasets, as if this process had ended."""
    for _, descriptor in module._locked.values():
        os.close(descriptor)
    module._locked.clear()


def add(root: Path, name: str, age: float = 0, side: int = 20) -> Path:
    """Cache a dataset of 16 images that was last used `age` seconds ago."""
    splits = (Split(noise(count, 3, side, side, seed=count), np.arange(count) % 2) for count in (10, 2, 4))
    dataset = load_or_build_dataset(str(root), name, {"name": name}, lambda: InMemoryDataset(name, 2, *splits))
    release()
    assert dataset.folder
    os.utime(dataset.folder, (time.time() - age,) * 2)
    return dataset.folder


def names(root: Path) -> list[str]:
    return [entry.name for entry in list_cache(root)]


def size(root: Path) -> int:
    return sum(entry.size for entry in list_cache(root))


def test_the_least_recently_used_are_removed(tmp_path: Path) -> None:
    for name, age in {"a": 3, "b": 1, "c": 2}.items():
        add(tmp_path, name, age * HOUR)
    assert names(tmp_path) == ["a", "c", "b"]
    entry_size = size(tmp_path) // 3
    make_room(tmp_path, 3 * entry_size + 10)
    assert names(tmp_path) == ["a", "c", "b"]
    make_room(tmp_path, 2 * entry_size + 10)
    assert names(tmp_path) == ["c", "b"]
    make_room(tmp_path, 0)
    assert names(tmp_path) == []


def test_a_new_dataset_makes_room_and_opening_one_is_a_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, "a", 2 * HOUR)
    add(tmp_path, "b", HOUR)
    monkeypatch.setenv(module.LIMIT_VARIABLE, str(2.5 * size(tmp_path) / 2 / 1e9))
    load_or_build_dataset(str(tmp_path), "a", {"name": "a"}, lambda: pytest.fail("it is cached"))
    release()
    add(tmp_path, "c")
    assert sorted(names(tmp_path)) == ["a", "c"]


def test_what_is_larger_than_the_limit_stays_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cached = add(tmp_path, "a")
    monkeypatch.setenv(module.LIMIT_VARIABLE, "0.00001")
    splits = (Split(noise(4, 3, 50, 50), np.arange(4) % 2) for _ in range(3))
    dataset = load_or_build_dataset(str(tmp_path), "b", {}, lambda: InMemoryDataset("b", 2, *splits))
    assert dataset.folder is None
    assert list(tmp_path.iterdir()) == [cached]
    assert [module.LIMIT_VARIABLE in message for message in caplog.messages] == [True]


def test_what_another_process_uses_stays(tmp_path: Path) -> None:
    folder = add(tmp_path, "a", HOUR)
    program = (
        "import sys; from pathlib import Path; from scaling_lab.data.files.cache_space import hold_folder;"
        "hold_folder(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        make_room(tmp_path, 0)
        removed, used = clear_cache(tmp_path)
        assert ([], [folder]) == (removed, [entry.folder for entry in used])
        process.stdin.close()
        process.wait(30)
    make_room(tmp_path, 0)
    assert names(tmp_path) == []


def test_only_folders_of_the_cache_are_removed(tmp_path: Path) -> None:
    add(tmp_path, "a")
    (tmp_path / "downloads").mkdir()
    (tmp_path / "photos-0123456789abcdef").mkdir()  # without a description
    (tmp_path / "photos-0123456789abcdef" / "1.png").write_bytes(b"x")
    (tmp_path / "about.json").write_text("{}")
    (tmp_path / "link-0123456789abcdee").symlink_to(add(tmp_path / "other", "b"))
    before = {file.name for file in tmp_path.iterdir()}
    make_room(tmp_path, 0)
    assert {file.name for file in tmp_path.iterdir()} == {name for name in before if not name.startswith("a-")}
    assert names(tmp_path / "other") == ["b"]


@pytest.mark.parametrize(("age", "stays"), [(10, True), (2 * HOUR, False)])
def test_drafts_of_killed_processes_are_removed(age: float, stays: bool, tmp_path: Path) -> None:
    draft = tmp_path / ".x-0123456789abcdef.01234567"
    draft.mkdir()
    (draft / "train_images.npy").write_bytes(bytes(100))
    for path in (draft / "train_images.npy", draft):
        os.utime(path, (time.time() - age,) * 2)
    assert [(entry.is_draft, entry.size) for entry in list_cache(tmp_path)] == [(True, 100)]
    make_room(tmp_path, 10**9)
    assert draft.exists() == stays


@pytest.mark.parametrize(("text", "limit"), [("", 20e9), ("0", 0), ("1.5", 1.5e9)])
def test_the_limit_is_in_gigabytes(text: str, limit: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(module.LIMIT_VARIABLE, text)
    assert cache_limit() == limit


@pytest.mark.parametrize("text", ["many", "-1", "nan", "inf", "1e400"])
def test_other_limits_are_refused(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(module.LIMIT_VARIABLE, text)
    with pytest.raises(UserError, match=f"SCALING_LAB_CACHE_GB is '{text}'; must be a number of gigabytes"):
        load_or_build_dataset(str(tmp_path), "x", {}, lambda: pytest.fail("checked first"))


def test_the_command_lists_and_clears(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(tmp_path, "a", HOUR)
    add(tmp_path, "b")
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "x.gz").write_bytes(bytes(2_000_000))
    folder = ["--folder", str(tmp_path)]
    assert main(["cache", *folder]) == 0
    heading, first, second, total, downloads = capsys.readouterr().out.splitlines()
    assert heading.split() == ["dataset", "size", "last", "used", "folder"]
    assert [line.split()[0] for line in (first, second)] == ["b", "a"]
    assert total.endswith("limit 20 GB (SCALING_LAB_CACHE_GB)")
    assert "2.0 MB" in downloads
    assert main(["cache", *folder, "--json"]) == 0
    listed = [(entry["name"], entry["size"]) for entry in json.loads(capsys.readouterr().out)]
    assert listed == [(entry.name, entry.size) for entry in list_cache(tmp_path)[::-1]]
    assert main(["cache", *folder, "--clear", "a"]) == 0
    assert names(tmp_path) == ["b"]
    assert main(["cache", *folder, "--clear"]) == 0
    assert (names(tmp_path), (tmp_path / "downloads" / "x.gz").exists()) == ([], True)
    assert main(["cache", "--folder", str(tmp_path / "nowhere")]) == 0


def test_mistakes_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(tmp_path, "flowers")
    for words, expected in {"flowers": "without --clear", "--clear flower": "did you mean flowers"}.items():
        assert main(["cache", "--folder", str(tmp_path), *words.split()]) == 2
        assert expected in capsys.readouterr().err
    assert names(tmp_path) == ["flowers"]


def test_a_folder_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    assert main(["cache", "--folder", str(tmp_path)]) == 2
    assert f"cache folder {tmp_path} cannot be read: Permission denied" in capsys.readouterr().err


def test_a_name_from_a_description_is_printed_safely(tmp_path: Path) -> None:
    folder = add(tmp_path, "a")
    (folder / "about.json").write_text(json.dumps({"name": "\x1b[31m"}))
    [entry] = list_cache(tmp_path)
    assert entry.name == "\\x1b[31m"
    (folder / "about.json").write_text("[" * 100_000)
    assert isinstance(list_cache(tmp_path)[0], CacheEntry)
