"""The end of a sweep: table, snapshot and report, and when a report is up to date."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import scaling_lab.report
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.report.figures.accuracy_flops import AccuracyFlops
from scaling_lab.store.plan_schema import Plan
from scaling_lab.store.reading import read_result_file as read
from scaling_lab.store.results import Store
from scaling_lab.store.snapshot import read_snapshot
from scaling_lab.store.snapshot_file import SNAPSHOT_FILE
from scaling_lab.study.context import SweepContext
from scaling_lab.study.finish import finish_sweep, is_report_current
from scaling_lab.study.plan import Study
from scaling_lab.study.point_command import point_command
from scaling_lab.study.report_record import is_as_recorded, record_report
from scaling_lab.study.status import Status, quick_status, read_status

LEASE = 60.0


@pytest.fixture(scope="module", autouse=True)
def one_figure() -> Iterator[None]:
    """Draw one figure in each report, because all of them take long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "scaling_lab.report.figures.drawing.load_figures", lambda *_, **__: {"accuracy_flops": AccuracyFlops()}
        )
        yield


def finish(folder: Path, plan: Plan) -> Status:
    """Open and finish the sweep of a plan whose points are not needed."""
    options = SweepOptions("s", results=folder / "results", reports=folder / "reports")
    return finish_sweep(SweepContext.open(options, Study(plan, {}, ())))


@pytest.fixture(scope="module")
def template(make_study: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Plan]:
    """A finished study with a report, drawn once."""
    folder = tmp_path_factory.mktemp("finished")
    study = make_study(families=["resnet_small"], rules=["width"], seeds=[0])
    study.written(folder / "results/s")
    assert finish(folder, study.plan).remaining == ()
    return folder, study.plan


@pytest.fixture
def finished(template: tuple[Path, Plan], tmp_path: Path) -> tuple[Store, Path, Plan]:
    """A copy of the finished study, with the times of its files."""
    folder, plan = template
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return Store(tmp_path / "results/s"), tmp_path, plan


def test_an_unchanged_report_is_not_written_again(
    finished: tuple[Store, Path, Plan], capsys: pytest.CaptureFixture[str]
) -> None:
    store, folder, plan = finished
    page = folder / "reports/s/index.html"
    before = page.stat().st_mtime_ns
    store.open_for_writing()  # as each sweep does
    finish(folder, plan)
    assert "nothing has changed" in capsys.readouterr().out
    assert page.stat().st_mtime_ns == before


def test_the_page_is_that_of_a_folder_read_from_disk(finished: tuple[Store, Path, Plan], tmp_path: Path) -> None:
    """The table in hand gives the same page as the snapshot on disk."""
    store, folder, _ = finished
    for _ in range(2):  # the second time next to an earlier report
        again = scaling_lab.report.write_report(store.folder, tmp_path / "again/s", point_command=point_command)
        before = (folder / "reports/s/index.html").read_text()
        assert again.read_text().replace("again/s", "reports/s") == before


@pytest.mark.parametrize("newer", ["points", "plan.json"])
def test_a_report_older_than_results_or_plan_is_outdated(finished: tuple[Store, Path, Plan], newer: str) -> None:
    store, folder, _ = finished
    page = folder / "reports/s/index.html"
    assert is_report_current(store, page)
    later = page.stat().st_mtime + 1
    os.utime(store.folder / newer, (later, later))
    assert not is_report_current(store, page)


def test_a_report_older_than_the_code_is_outdated(finished: tuple[Store, Path, Plan]) -> None:
    store, folder, _ = finished
    os.utime(folder / "reports/s/index.html", (0, 0))
    assert not is_report_current(store, folder / "reports/s/index.html")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


@pytest.mark.parametrize("file", ["results/s/table.csv", "reports/s/index.html", "reports/s/files/accuracy_flops.png"])
@pytest.mark.parametrize("damage", [Path.unlink, empty, append])
def test_missing_empty_or_changed_files_are_written_again(
    finished: tuple[Store, Path, Plan],
    file: str,
    damage: Callable[[Path], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, folder, plan = finished
    page = folder / "reports/s/index.html"
    assert is_report_current(store, page)
    status = page.stat()
    damage(folder / file)
    if page.exists():
        os.utime(page, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert not is_report_current(store, page)
    monkeypatch.setattr(scaling_lab.report, "write_report", lambda *_, **__: page)
    finish(folder, plan)
    assert "nothing has changed" not in capsys.readouterr().out


def test_a_report_in_another_folder_is_not_the_one_that_was_written(finished: tuple[Store, Path, Plan]) -> None:
    store, folder, _ = finished
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere/index.html").write_bytes((folder / "reports/s/index.html").read_bytes())
    assert not is_report_current(store, folder / "elsewhere/index.html")
    (store.folder / "report.json").write_text("[" * 100_000)
    assert not is_report_current(store, folder / "reports/s/index.html")


def test_drafts_of_another_sweep_are_no_part_of_a_report(finished: tuple[Store, Path, Plan]) -> None:
    store, folder, _ = finished
    draft = folder / "reports/s/.draft1/files"
    draft.mkdir(parents=True)
    (draft / "figure1.pdf").write_bytes(b"unfinished")
    record_report(store, folder / "reports/s")
    shutil.rmtree(draft.parent)
    assert is_as_recorded(store, folder / "reports/s")
    next((folder / "reports/s/files").glob("*.png")).write_bytes(b"changed")
    assert not is_as_recorded(store, folder / "reports/s")


def test_a_damaged_snapshot_is_written_again(finished: tuple[Store, Path, Plan]) -> None:
    store, folder, plan = finished
    (store.folder / SNAPSHOT_FILE).write_bytes((store.folder / SNAPSHOT_FILE).read_bytes()[:-1])
    assert read_snapshot(store) is None
    finish(folder, plan)
    assert read_snapshot(store)


@pytest.mark.parametrize("has_snapshot", [True, False])
def test_the_quick_status_agrees_with_the_full_one(finished: tuple[Store, Path, Plan], has_snapshot: bool) -> None:
    store, _, plan = finished
    first, second, *_ = sorted(store.points.iterdir())
    first.unlink()
    if not has_snapshot:
        (store.folder / SNAPSHOT_FILE).unlink()
        second.unlink()
        store.add_failure(second.stem, "so")
    quick, full = quick_status(store, plan, LEASE), read_status(store, plan, LEASE)[1]
    assert (quick.done, quick.missing, set(quick.failed)) == (full.done, full.missing, set(full.failed))
    assert quick.missing == (first.stem,)


def test_results_added_since_the_start_are_read_and_no_others(
    make_study: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = make_study(families=["resnet_small"], rules=["width"], seeds=[0])
    store = Store(study.written(tmp_path / "results/s"))
    added, *_ = sorted(store.points.iterdir())
    content = added.read_bytes()
    added.unlink()
    options = SweepOptions("s", results=tmp_path / "results", reports=tmp_path / "reports")
    sweep = SweepContext.open(options, Study(study.plan, {}, ()))
    assert sweep.status.missing == (added.stem,)
    added.write_bytes(content)
    names = list[str]()
    monkeypatch.setattr(
        "scaling_lab.store.results.read_result_file", lambda path, key: (names.append(path.name), read(path, key))[1]
    )
    later = sweep.refresh()
    assert later.status.remaining == ()
    assert later.results.results == study.results
    assert names == [added.name]


def test_checkpoints_of_finished_points_are_removed(finished: tuple[Store, Path, Plan]) -> None:
    """Those of other points stay."""
    store, folder, plan = finished
    done = next(store.points.iterdir()).stem
    store.checkpoints.mkdir()
    for key in (done, "feedfeedfeedfeed"):
        (store.checkpoints / f"{key}.000000009.checkpoint").touch()
    finish(folder, plan)
    assert [path.name for path in store.checkpoints.iterdir()] == ["feedfeedfeedfeed.000000009.checkpoint"]
