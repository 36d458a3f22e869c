"""A study on a real Slurm ends in the bits of one that was trained here, whatever becomes of its jobs."""

import json
import stat
from pathlib import Path

import pytest

from tests.faults.conftest import POINTS, Study, same
from tests.slurm.conftest import command, jobs, power_off, wait

SLURM = ("engine=slurm", "engine.points_per_job=3")

pytestmark = pytest.mark.slurm


def running(study: Study) -> bool:
    """Return whether a lease shows progress."""
    return any('"steps"' in path.read_text() for path in study.results.glob("claims/*"))


def test_requeued_and_with_its_node_down_and_up(undisturbed: Study, study: Study) -> None:
    longer = ("recipe.epochs=60",)
    uninterrupted = Study(undisturbed.folder / "longer")
    uninterrupted.folder.mkdir()
    assert uninterrupted.run(*longer) == 0
    assert study.run(*SLURM, *longer) == 0, study.log.read_text()
    assert "submitted 6 points to Slurm in 2 jobs: " in study.log.read_text()
    wait(lambda: running(study), study)

    first, _second = jobs()
    command("scontrol", "requeue", first)
    wait(lambda: bool(list(study.results.glob("checkpoints/*"))), study)
    assert study.run(*SLURM, *longer) == 0
    assert "waiting or running Slurm jobs: 6 points (" in study.log.read_text()
    assert len(jobs()) == 2

    wait(lambda: running(study), study)
    node = command("hostname", "-s").strip()
    command("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    power_off(study)
    command("scontrol", "update", f"nodename={node}", "state=idle")
    wait(lambda: study.done() == POINTS and not jobs(), study)

    assert study.run(*SLURM, *longer) == 0
    assert study.log.read_text().splitlines()[-1] == "report: reports/tiny/index.html"
    same(study, uninterrupted)
    assert len(list(study.results.glob("points/*"))) == POINTS
    submissions = [json.loads(line) for line in (study.results / "jobs.jsonl").read_text().splitlines()]
    assert sorted(key for submission in submissions for keys in submission["keys"] for key in keys) == sorted(
        path.stem for path in study.results.glob("points/*")
    )


def test_out_of_time_goes_on_where_it_was(study: Study, tmp_path: Path) -> None:
    """A minute's job is told twenty seconds before its end, and Slurm may be early by as much again."""
    long = ("seed=0", "recipe.epochs=260", "checkpoint_minutes=60")
    alone = Study(tmp_path / "alone")
    alone.folder.mkdir()
    assert alone.run(*long) == 0
    assert study.run("engine=slurm", "engine.minutes=1", "engine.signal_seconds=20", *long) == 0
    wait(lambda: study.done() == 1 and not jobs(), study)
    assert study.run(*long) == 0
    same(study, alone)
    [result] = study.results.glob("points/*")
    assert json.loads(result.read_text())["provenance"]["resumed"] >= 1


def test_points_of_cancelled_jobs_are_submitted_again(undisturbed: Study, study: Study) -> None:
    assert study.run(*SLURM) == 0
    wait(lambda: running(study), study)
    command("scancel", *jobs())
    wait(lambda: not jobs(), study)
    left = POINTS - study.done()
    assert left
    assert study.run(*SLURM) == 0
    last = [line for line in study.log.read_text().splitlines() if line.startswith("submitted ")][-1]
    assert last.startswith(f"submitted {left} point")
    wait(lambda: study.done() == POINTS and not jobs(), study)
    assert study.run() == 0
    same(study, undisturbed)


def test_its_folder_is_for_its_owner_alone(study: Study) -> None:
    assert study.run(*SLURM, "seed=0,1") == 0
    place = study.results / "slurm"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    pickles = list(study.folder.rglob("*.pkl"))
    assert pickles
    assert {path.parent.resolve() for path in pickles} == {place.resolve()}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in pickles)
    assert max(path.stat().st_size for path in pickles) < 100_000


@pytest.mark.parametrize(
    ("more", "error"),
    [
        (("engine.partition=nowhere",), "error: Slurm refuses the jobs: "),
        (("engine.minutes=0",), "error: engine: minutes is 0; must be an integer from 1 to "),
        (("engine.minuts=5",), "error: unknown setting of engine slurm 'minuts'; did you mean minutes?"),
        (("engine=slurmm",), "error: unknown engine 'slurmm'; did you mean slurm?"),
    ],
)
def test_what_it_refuses_is_told(more: tuple[str, ...], error: str, study: Study) -> None:
    assert study.run("engine=slurm", *more) == 2
    assert any(line.startswith(error) for line in study.log.read_text().splitlines())
    assert not jobs()
