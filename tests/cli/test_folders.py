"""`status` and `seal`: the state of the study in a folder, and the snapshot of a finished one."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from subprocess import run
from typing import Any

import pandas as pd
import pytest

from scaling_lab.cli import main
from scaling_lab.store.leases import Leases
from scaling_lab.store.results import Store
from scaling_lab.store.snapshot import read_snapshot, write_snapshot
from scaling_lab.store.table import results_table


@pytest.fixture
def folder(make_study: Callable[..., Any], tmp_path: Path) -> Path:
    made: Path = make_study(families=["resnet_small"], rules=["width"], seeds=[0]).written(tmp_path / "study")
    return made


def test_status_reads_the_folder_only(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(folder)
    first, _ = sorted(store.points.iterdir())
    first.unlink()
    assert Leases(store.leases, 60).acquire(first.stem)
    assert main(["status", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"running  {first.stem}  resnet_small {'width 2x' if first.stem == _scaled(store) else 'baseline'} seed 0: "
        f"starting, on {Leases(store.leases, 60).states()[first.stem].host} in process "
        f"{Leases(store.leases, 60).states()[first.stem].pid}",
        "quick: 2 questions, 2 points: 1 done, 1 running, 0 failed, 0 missing",
    ]


def _scaled(store: Store) -> str:
    return next(entry.key for entry in store.read_plan().entries if entry.question.times_flops == 2)


def test_several_code_versions_are_reported(
    make_study: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.conftest import result

    study = make_study(families=["resnet_small"], rules=["width"], seeds=[0])
    store = Store(study.written(tmp_path / "study"))
    entry = study.plan.entries[0]
    (store.points / f"{entry.key}.json").unlink()
    store.add_result(result(entry, code="0a1b2c3d4e5f"))
    assert main(["status", str(store.folder)]) == 0
    assert "2 versions of the code: " in capsys.readouterr().out.splitlines()[-1]


def test_only_a_finished_study_is_sealed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seal", str(folder)]) == 0
    assert capsys.readouterr().out == f"sealed: {folder / 'table.parquet'}\n"
    (folder / "table.parquet").unlink()
    min((folder / "points").iterdir()).unlink()
    assert main(["seal", str(folder)]) == 2
    assert "is not finished: 1 point without a result" in capsys.readouterr().err


def test_sealing_again_reads_the_results(folder: Path) -> None:
    """Also where the plan has the form of an older version and the existing snapshot is wrong."""
    store, plan = Store(folder), Store(folder).read_plan()
    (folder / "plan.json").write_text(json.dumps(asdict(plan)))
    write_snapshot(store, plan, results_table(plan, store.read_results()).assign(test_accuracy=0.5), {})
    assert main(["seal", str(folder)]) == 0
    snapshot = read_snapshot(store)
    assert snapshot
    pd.testing.assert_frame_equal(snapshot.rows, results_table(plan, store.read_results()))


@pytest.mark.parametrize(
    ("words", "pattern"),
    [
        (["status", "nowhere"], "nowhere"),
        (["status", "nowhere", "--lease-seconds", "0"], "lease_seconds is 0.0.*1.*86400"),
        (["seal", "nowhere"], "nowhere"),
    ],
)
def test_mistakes(words: list[str], pattern: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    error = capsys.readouterr().err
    assert re.fullmatch(f"error: .*{pattern}.*\n", error), error


def test_status_starts_without_torch(folder: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "scaling_lab", "status", str(folder)]
    ended = run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert "torch" not in {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
