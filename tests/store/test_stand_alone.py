"""A table that stands alone is never lost: whatever files are restored beside it, forgotten, merged or planned."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from scaling_lab.analysis.load import read_results_folder
from scaling_lab.cli import main
from scaling_lab.store.results import Store
from scaling_lab.store.snapshot import keys_in_table_alone, remove_outdated_snapshot
from scaling_lab.store.snapshot_file import SNAPSHOT_FILE


@pytest.fixture
def store(study: Any, tmp_path: Path) -> Store:
    """A sealed study without result files, with a copy of one of them restored: newer than the table."""
    made = Store(study.written(tmp_path / "study"))
    first = min(made.points.iterdir())
    content = first.read_bytes()
    for _ in range(2):
        assert main(["seal", str(made.folder), "--remove-results"]) == 0
    first.write_bytes(content)
    return made


def test_a_restored_result_changes_nothing(store: Store, study: Any) -> None:
    assert set(read_results_folder(store.folder).table["state"]) == {"done"}
    remove_outdated_snapshot(store, study.plan)
    assert (store.folder / SNAPSHOT_FILE).exists()
    restored = min(store.points.iterdir()).stem
    assert keys_in_table_alone(store, study.plan) == study.results.keys() - {restored}
    assert main(["seal", str(store.folder), "--remove-results"]) == 0
    assert set(read_results_folder(store.folder).table["state"]) == {"done"}


@pytest.mark.parametrize("command", [("forget", "--where", "seed >= 0", "--yes"), ("merge",)])
def test_what_needs_the_files_is_refused(
    command: tuple[str, ...], store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *options = command
    other = Path(shutil.copytree(store.folder, tmp_path / "other"))
    folders = (
        [str(store.folder)] if name == "forget" else [str(store.folder), str(other), "--into", str(tmp_path / "m")]
    )
    before = (store.folder / SNAPSHOT_FILE).read_bytes()
    assert main([name, *folders, *options]) == 2
    assert store.folder.name in capsys.readouterr().err
    assert (store.folder / SNAPSHOT_FILE).read_bytes() == before
