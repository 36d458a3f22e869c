"""run_sweep.py as a process: a finished study, an audit, a mistake; and training and other mistakes in this process."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from progress_lines import without_progress

from hydra_plugins.scaling_lab_plugins.front_door import hydra_main
from scaling_lab.config import registry
from scaling_lab.store.table import TABLE_COLUMNS

ROOT = registry.CONF.parent
TINY = (
    "name=tiny",
    "family=mobilenet_v1_small",
    "rule=multipliers",
    "rule.w=0.25",
    "rule.r=0.4",
    "seed=0,1",
)
NARROW = ("family=mobilenet_v1_small", "rule=depth", "times_flops=1", "seed=0")
QUICK = ("recipe.epochs=1", "recipe.warmup_epochs=0", "recipe.batch=1000")


class Ended(NamedTuple):
    """What a command returned and printed, without the lines that say how far it is."""

    status: int
    out: str
    err: str


Run = Callable[..., Ended]


def run_sweep(folder: Path, *overrides: str, python: tuple[str, ...] = ()) -> Ended:
    """Run the script in a process."""
    command = [sys.executable, *python, str(ROOT / "run_sweep.py"), *overrides]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)  # noqa: S603
    assert "planning ...\n" in ended.stderr
    return Ended(ended.returncode, ended.stdout, without_progress(ended.stderr))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Do the same in this process, which is faster, with reports without figures, which take seconds to draw."""
    monkeypatch.setattr("scaling_lab.report.drawings.draw_all", lambda *_: [])

    def run(*overrides: str) -> Ended:
        monkeypatch.chdir(tmp_path)
        status = hydra_main(overrides)
        out, err = capsys.readouterr()
        return Ended(status, out, without_progress(err))

    return run


def assert_is_refused(ended: Ended, fragment: str, folder: Path) -> None:
    assert (ended.status, ended.out) == (2, "")
    assert fragment in ended.err
    assert all(line.startswith("error: ") for line in ended.err.splitlines())
    assert not list(folder.rglob("*.json"))


def test_a_mistake_ends_the_process_with_status_2(tmp_path: Path) -> None:
    ended = run_sweep(tmp_path, "family=efficientnet_b9", "rule=depth,width")
    assert_is_refused(ended, "unknown family 'efficientnet_b9'", tmp_path)


@pytest.mark.parametrize(
    ("overrides", "fragment"),
    [
        (
            ["family=efficientnet_b9", "rule=depth,width"],
            "unknown family 'efficientnet_b9'; did you mean efficientnet_b7?",
        ),
        (["rule=depth,width", "tims_flops=2"], "unknown setting 'tims_flops'; did you mean times_flops?"),
        (["times_flops=nan"], "times_flops is nan; must be between 0.01 and 1000"),
        (["family=mobilenet_v1"], "side 224 px is above the 28 px"),
        (["hydra.mode=RUN", "times_flops=0"], "times_flops is 0.0; must be between 0.01 and 1000"),
        (["workers=1,2", *NARROW], "workers cannot be swept"),
        (
            ["results=file/in/the/way", "name=quick", *NARROW],
            "file/in/the/way/quick/points cannot be read: Not a directory",
        ),
        (["reports=file", "name=quick", *NARROW], "reports folder file/quick cannot be written to: Not a directory"),
        (["study=published", "family=resnet18_small"], "with published rows 'resnet18_small'; did you mean resnet18?"),
        (["study=published", "rule=depth"], "rule does not apply to an audit"),
        (["study=published", "times_flops=2"], "times_flops does not apply to an audit"),
        (["study=published", "do=plan"], "study=published trains nothing, so do=plan"),
        (["study=published", "do=status", "family=resnet18"], "trains nothing, so do=status"),
        (["study=published", "do=plann"], "unknown do 'plann'; did you mean plan?"),
        (["do=audit", "hydra.mode=RUN", "study=custom"], "do=audit"),
        (["hydra/launcher=joblib"], "hydra/launcher"),
        (["hydra/sweeper=basic"], "hydra/sweeper is 'basic'"),
        (["hydra/sweeper=basic", "hydra.mode=RUN"], "hydra/sweeper is 'basic'"),
    ],
)
def test_a_mistake_is_printed_in_a_line_with_status_2(
    overrides: list[str], fragment: str, here: Run, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    assert_is_refused(here(*overrides), fragment, tmp_path)


def test_all_mistakes_are_printed_at_once(here: Run, tmp_path: Path) -> None:
    """Names and keys, which Hydra refuses; then values, questions and settings of the sweep."""
    names = here("family=efficientnet_b9,resnet18_smal", "rule=depht", "times_flop=2", "recipe.epoch=3")
    assert (names.status, names.out) == (2, "")
    assert [line.partition("; did")[0] for line in names.err.splitlines()] == [
        "error: unknown family 'efficientnet_b9'",
        "error: unknown family 'resnet18_smal'",
        "error: unknown rule 'depht'",
        "error: unknown setting 'times_flop'",
        "error: unknown setting of recipe short 'epoch'",
    ]
    overrides = (
        "family=resnet18,mobilenet_v1_small",
        "rule=width",
        "times_flops=two,2,0",
        "seed=0,-1,1",
        "lr_grid=[0]",
    )
    values = here(*overrides, "workers=0", "name=/x", "budget_hours=-1", "recipe.batch=100000")
    assert (values.status, values.out) == (2, "")
    assert [line.partition(";")[0] for line in values.err.splitlines()] == [
        "error: name is '/x'",
        "error: workers is 0",
        "error: budget_hours is -1",
        "error: lr_grid contains 0",
        "error: times_flops is 'two'",
        "error: seed is -1",
        "error: resnet18 width 2x seed 0 and 3 more questions: recipe batch is 100000",
        "error: resnet18 width 0x seed 0 and 3 more questions: times_flops is 0.0",
    ]
    assert not list(tmp_path.iterdir())


def test_a_study_is_trained_reported_and_continued(here: Run, tmp_path: Path) -> None:
    """Also: only results/ and reports/ are written, and a truncated result is trained again."""
    first = here(*TINY, *QUICK)
    assert (first.status, first.err) == (0, "")
    assert "tiny: 2 questions, 2 points: 0 done, 0 failed, 2 missing" in first.out
    assert "[2/2] mobilenet_v1_small multipliers d=1 w=0.25 r=0.4 seed " in first.out
    *_, answer, report = first.out.splitlines()
    assert "2 of 2 points" in answer
    assert report == "report: reports/tiny/index.html"
    assert (tmp_path / "reports/tiny/index.html").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["reports", "results"]

    table = pd.read_csv(tmp_path / "results/tiny/table.csv")
    assert list(table.columns) == list(TABLE_COLUMNS)
    assert list(table.state) == ["done", "done"]
    overrides = json.loads((tmp_path / "results/tiny/plan.json").read_text())["asked"]
    assert (overrides[0], overrides[-1]) == ("study=custom", "recipe.batch=1000")

    again = run_sweep(tmp_path, *TINY, *QUICK, python=("-X", "importtime"))
    imported = {line.rpartition("|")[2].strip() for line in again.err.splitlines()}
    assert again.status == 0
    assert "nothing to train: every point is finished" in again.out
    assert "scaling_lab.study.run" in imported
    assert "torch" not in imported

    truncated, intact = sorted((tmp_path / "results/tiny/points").iterdir())
    before = intact.read_bytes()
    truncated.write_text(truncated.read_text()[:200])
    status = here(*TINY, *QUICK, "do=status")
    assert f"broken   {truncated.name} cannot be read" in status.out
    last = here(*TINY, *QUICK)
    assert last.status == 0
    assert f"warning: results/tiny/points/{truncated.name}" in last.err
    assert "report: reports/tiny/index.html" in last.out
    assert json.loads(truncated.read_text())["key"] == truncated.stem
    assert intact.read_bytes() == before
    question = [word for word in TINY if not word.startswith("seed=")]
    single = here(*question, *QUICK, "seed=1", "hydra.mode=RUN", "do=plan")
    assert single.status == 2
    assert "on_other_plan=replace" in single.err
    replacing = ("hydra.mode=RUN", "do=plan", "on_other_plan=replace")
    single = here(*question, *QUICK, "seed=1", *replacing)
    assert single.status == 0
    assert "tiny: 1 question, 1 point: 1 done, 0 failed, 0 missing" in single.out


def test_the_plan_is_printed_and_nothing_written(here: Run, tmp_path: Path) -> None:
    planned = here(*TINY, *QUICK, "do=plan", "seed=range(0,3)", "workers=1")
    assert (planned.status, planned.err) == (0, "")
    assert "tiny: 3 questions, 3 points: 0 done, 0 failed, 3 missing" in planned.out
    assert "3 points to train on 1 worker: about " in planned.out
    assert list(tmp_path.iterdir()) == []


def test_the_audit_trains_nothing_and_needs_no_torch(tmp_path: Path) -> None:
    overrides = ("study=published", "family=resnet18,resnet50", "name=mine")
    ended = run_sweep(tmp_path, *overrides, python=("-X", "importtime"))
    imported = {line.rpartition("|")[2].strip() for line in ended.err.splitlines()}
    assert ended.status == 0
    assert "torch" not in imported
    assert "The two numbers look swapped." in ended.out
    assert ended.out.splitlines()[-1] == "report: reports/mine/index.html"
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")) == [
        "reports/mine/deviation.png",
        "reports/mine/deviation.svg",
        "reports/mine/index.html",
        "results/mine/audit.csv",
    ]
