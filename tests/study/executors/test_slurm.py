"""Slurm jobs without a Slurm: settings, job scripts, limits."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from submitit.slurm.slurm import _make_sbatch_string

from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import UserError
from scaling_lab.study.context import SweepContext
from scaling_lab.study.executors.slurm import Slurm
from scaling_lab.study.executors.slurm_submit import check_array_size, check_commands, deal_points, sbatch_parameters
from scaling_lab.study.plan import plan_study
from scaling_lab.study.resolve_question import QuestionSpec


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("minutes", 0),
        ("minutes", 1.5),
        ("points_per_job", True),
        ("jobs_at_once", 0),
        ("workers", "2"),
        ("gpus", -1),
        ("cpus_per_worker", 0),
        ("nodes_per_point", 0),
        ("nodes_per_point", "2"),
        ("nodes_per_point", None),
        ("memory_gb", 0),
        ("memory_gb", float("inf")),
        ("signal_seconds", 0),
        ("modules", "cuda"),
        ("modules", [1]),
        ("modules", ["cuda; rm -rf x"]),
        ("modules", ["--help"]),
        ("partition", ""),
        ("account", 5),
        ("qos", "a\nb"),
    ],
)
def test_values_outside_their_range_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(UserError, match=rf"^{name} is "):
        Slurm(**{name: value})


@pytest.mark.parametrize(("minutes", "seconds"), [(1, 90), (1, 31), (3, 91)])
def test_a_job_that_is_stopped_before_it_can_train_is_refused(minutes: int, seconds: int) -> None:
    with pytest.raises(
        UserError, match=rf"signal_seconds is {seconds} and minutes {minutes}.* at most {30 * minutes},"
    ):
        Slurm(minutes=minutes, signal_seconds=seconds)
    assert Slurm(minutes=minutes, signal_seconds=30 * minutes).minutes == minutes


@pytest.mark.parametrize(("count", "points_per_job"), [(1, 10), (10, 10), (11, 10), (1000, 7), (5, 1), (0, 3)])
def test_every_point_is_dealt_once_and_no_job_gets_too_many(count: int, points_per_job: int) -> None:
    dealt = deal_points(count, points_per_job)
    assert sorted(place for places in dealt for place in places) == list(range(count))
    assert all(0 < len(places) <= points_per_job for places in dealt)
    assert len(dealt) == -(-count // points_per_job)


def test_long_and_short_points_are_mixed() -> None:
    """Of points that come longest first, the jobs' sums are as near as dealing them out makes them."""
    sums = [sum(100 - place for place in places) for places in deal_points(100, 25)]
    assert max(sums) - min(sums) <= 100


def sbatch(workers: int = 1, **settings: Any) -> list[str]:
    """Return the lines that submitit writes for jobs with this many training processes."""
    parameters = sbatch_parameters(Slurm(**settings), "mine", workers)
    return str(_make_sbatch_string(command="python", folder="f", map_count=3, **parameters)).splitlines()


def test_sbatch_gets_the_settings() -> None:
    lines = sbatch(2, minutes=30, cpus_per_worker=3, memory_gb=1.5, partition="long", jobs_at_once=2)
    for line in ("time=30", "cpus-per-task=6", "mem=1536MB", "partition=long", "signal=USR2@90", "array=0-2%2"):
        assert f"#SBATCH --{line}" in lines
    assert "#SBATCH --requeue" in lines
    assert "#SBATCH --job-name=mine" in lines
    assert not any("gpus" in line or "account" in line for line in lines)
    lines = sbatch(8, gpus=4, account="physics", qos="low", constraint="a100", modules=["cuda/12.4"])
    for line in ("gpus-per-node=4", "cpus-per-task=8", "account=physics", "qos=low", "constraint=a100", "array=0-2%3"):
        assert f"#SBATCH --{line}" in lines
    assert lines.index("module load cuda/12.4") < next(i for i, line in enumerate(lines) if line.startswith("srun"))


def test_a_job_of_several_nodes_has_its_workers_on_the_first() -> None:
    lines = sbatch(2, nodes_per_point=3, processes_per_point=2, gpus=4)
    for line in ("nodes=3", "ntasks-per-node=1", "gpus-per-node=4", "cpus-per-task=4"):
        assert f"#SBATCH --{line}" in lines
    [srun] = [line for line in lines if line.startswith("srun")]
    assert "--nodes=1 --ntasks=1 --relative=0 python" in srun
    assert "--nodes=1 " not in next(line for line in sbatch() if line.startswith("srun"))


def test_missing_commands_are_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"engine=slurm.* sbatch"):
        check_commands()


@pytest.mark.parametrize(
    ("output", "refused"), [("MaxArraySize            = 1001", True), ("nothing of the kind", False)]
)
def test_an_array_that_is_too_large_is_refused(
    output: str, refused: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """At most 1,001 jobs, 0 to 1000; if Slurm does not say, any number."""
    command = tmp_path / "scontrol"
    command.write_text(f"#!/bin/sh\necho '{output}'\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    check_array_size(2002, 2)
    with pytest.raises(UserError, match=r"points_per_job is 2\b.*at least 3") if refused else nullcontext():
        check_array_size(2003, 2)


def test_slots_are_the_workers_of_all_jobs() -> None:
    options = SweepOptions("s", workers_per_device=3)
    assert len(Slurm(points_per_job=10, workers=2).slots(options, 100)) == 20
    assert len(Slurm(points_per_job=10, workers=2, jobs_at_once=3).slots(options, 100)) == 6
    assert len(Slurm(points_per_job=10, gpus=2).slots(options, 100)) == 60
    assert len(Slurm(points_per_job=10, workers=8).slots(options, 5)) == 5
    assert len(Slurm().slots(options, 0)) == 1


def test_a_percent_sign_in_the_results_folder_is_refused(
    make_spec: Callable[..., QuestionSpec], tmp_path: Path
) -> None:
    """Slurm replaces it in the names of log files, and the jobs die without a word."""
    study = plan_study("s", (), [make_spec()])
    options = SweepOptions("s", results=tmp_path / "100%", reports=tmp_path)
    with pytest.raises(UserError, match=r"100%/s has a %"):
        Slurm().check(SweepContext.open(options, study))
