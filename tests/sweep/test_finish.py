"""When a report is as good as a new one."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scaling_lab.store.results import Store
from scaling_lab.store.snapshot import SNAPSHOT_FILE, read_snapshot
from scaling_lab.sweep.finish import current, finish_sweep, quick_status, read_status

LEASE = 60.0


@pytest.fixture
def concluded(make_study: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Store, Path]:
    """A finished study that has a report, both an hour old."""
    study = make_study(families=["resnet_small"], rules=["width"], seeds=[0])
    store, report = Store(study.written(tmp_path / "results")), tmp_path / "report"
    assert finish_sweep(store, study.plan, report, LEASE).left == ()
    assert "report: " in capsys.readouterr().out
    return store, report


def test_a_report_is_not_written_again_for_nothing(
    concluded: tuple[Store, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    store, report = concluded
    before = (report / "index.html").stat().st_mtime_ns
    finish_sweep(store, store.read_plan(), report, LEASE)
    assert "nothing has changed since it was written" in capsys.readouterr().out
    assert (report / "index.html").stat().st_mtime_ns == before


@pytest.mark.parametrize("newer", ["points", "plan.json"])
def test_it_is_when_results_or_the_plan_are_newer(concluded: tuple[Store, Path], newer: str) -> None:
    store, report = concluded
    page = report / "index.html"
    assert current(store, page)
    later = page.stat().st_mtime + 1
    os.utime(store.folder / newer, (later, later))
    assert not current(store, page)


def test_it_is_when_the_code_is_newer(concluded: tuple[Store, Path]) -> None:
    store, report = concluded
    os.utime(report / "index.html", (0, 0))
    assert not current(store, report / "index.html")


def test_it_is_when_one_of_them_is_gone(concluded: tuple[Store, Path]) -> None:
    store, report = concluded
    (store.folder / "table.csv").unlink()
    assert not current(store, report / "index.html")
    assert not current(store, report / "elsewhere.html")


def test_a_damaged_seal_is_made_anew(concluded: tuple[Store, Path], capsys: pytest.CaptureFixture[str]) -> None:
    store, report = concluded
    (store.folder / SNAPSHOT_FILE).write_bytes((store.folder / SNAPSHOT_FILE).read_bytes()[:-1])
    finish_sweep(store, store.read_plan(), report, LEASE)
    assert "which cannot be read" in capsys.readouterr().out
    assert read_snapshot(store)


@pytest.mark.parametrize("whole", [True, False])
def test_names_alone_tell_what_files_tell(concluded: tuple[Store, Path], whole: bool) -> None:
    store, _ = concluded
    first, second, *_ = sorted(store.points.iterdir())
    first.unlink()
    if not whole:
        (store.folder / SNAPSHOT_FILE).unlink()
        second.unlink()
        store.add_failure(second.stem, "so")
    plan = store.read_plan()
    said, told = quick_status(store, plan, LEASE), read_status(store, plan, LEASE)[1]
    assert (said.done, said.missing, set(said.failed)) == (told.done, told.missing, set(told.failed))
    assert bool(said.missing) is not whole


def test_checkpoints_of_finished_points_go(concluded: tuple[Store, Path]) -> None:
    """Of others they stay."""
    store, report = concluded
    done = next(store.points.iterdir()).stem
    store.checkpoints.mkdir()
    for key in (done, "feedfeedfeedfeed"):
        (store.checkpoints / f"{key}.000000009.checkpoint").touch()
    finish_sweep(store, store.read_plan(), report, LEASE)
    assert [path.name for path in store.checkpoints.iterdir()] == ["feedfeedfeedfeed.000000009.checkpoint"]
