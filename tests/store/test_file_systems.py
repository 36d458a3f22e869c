"""Results folders that cannot be read, without hard links, on several file systems; old drafts and modes."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scaling_lab import atomic
from scaling_lab.errors import UserError
from scaling_lab.store.leftovers import remove_old_drafts
from scaling_lab.store.results import Store


def test_a_folder_that_cannot_be_read_is_not_empty(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(folder)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    for read in (store.read_results, store.result_sizes, store.failure_counts):
        with pytest.raises(UserError, match=r"points cannot be read: Permission denied"):
            read()


@pytest.mark.parametrize("errors", [("link",), ("link", "rename")])
def test_a_file_system_without_hard_links(
    folder: Path, study: Any, errors: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    if "rename" in errors:
        monkeypatch.setattr(atomic, "_renameat2", lambda: None)
    store, (first, second) = Store(folder), study.results
    store.open_for_writing()
    store.add_result(study.results[second])
    before = (store.points / f"{first}.json").read_bytes()
    store.add_result(study.results[first])
    assert store.read_results().results == study.results
    assert (store.points / f"{first}.json").read_bytes() == before
    store.add_failure("feed", "one")
    store.add_failure("feed", "two")
    assert [store.read_failure("feed", number) for number in (1, 2, 3)] == ["one", "two", None]
    assert not list(folder.rglob(".*"))


def test_points_on_another_file_system(folder: Path, study: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drafts are then written next to the results."""
    link = os.link

    def link_within(source: Path, target: Path) -> None:
        if Path(source).parent != Path(target).parent:
            raise OSError(18, "Invalid cross-device link")
        link(source, target)

    monkeypatch.setattr(os, "link", link_within)
    store, (_, second) = Store(folder), study.results
    store.open_for_writing()
    store.add_result(study.results[second])
    assert store.read_results().results == study.results
    assert not list(folder.rglob(".*"))


def test_old_drafts_are_removed(folder: Path) -> None:
    old, new, other = (folder / name for name in (".plan.abc.draft", ".plan.def.draft", ".notes"))
    for path in (old, new, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (1e9, 1e9))
    remove_old_drafts(folder, folder / "nowhere")
    assert [path.exists() for path in (old, new, other)] == [False, True, True]


@pytest.mark.parametrize("umask", [0o077, 0o027, 0o002])
def test_files_have_the_mode_that_the_umask_leaves(tmp_path: Path, umask: int) -> None:
    script = (
        "import os, sys; from pathlib import Path; from scaling_lab.store.results import Store\n"
        "os.umask(int(sys.argv[2])); store = Store(Path(sys.argv[1])); store.open_for_writing()\n"
        "store.add_failure('feed', 'so')"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path), str(umask)], check=True)  # noqa: S603
    mode = stat.S_IMODE((tmp_path / "points/feed.failed.1.json").stat().st_mode)
    assert mode == 0o666 & ~umask
