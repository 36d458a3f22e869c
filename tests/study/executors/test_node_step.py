"""Steps of a Slurm job with an agent on each node, by a stand-in for srun: command line, failures, interruptions."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.store.schema import Point
from scaling_lab.study.executors.node_step import launch_on_nodes, step_command, step_environment
from scaling_lab.study.executors.processes import Failure, Interrupted
from scaling_lab.study.executors.rank_process import run_rank
from scaling_lab.study.executors.rank_task import MAX_RESTARTS, RankTask, private_task
from scaling_lab.study.executors.slurm import Slurm
from tests.stand_in_srun import use_stand_in

EXECUTION = ExecutionOptions(processes=4, nodes=2)
FAILING = """#!/bin/sh
echo "$@" >> {folder}/calls
exit 1
"""


@pytest.fixture
def task(make_point: "type[Point]", tmp_path: Path) -> RankTask:
    (tmp_path / "work").mkdir()
    return RankTask(("cpu",) * 2, make_point(0), None, tmp_path, EXECUTION, tmp_path / "work", None)  # type: ignore[arg-type]


def test_a_step_has_one_agent_on_each_node(task: RankTask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "6")
    monkeypatch.setenv("PYTHONPATH", "/mine")
    words = step_command(task, task.work / "task0.pkl", "first:1234")
    assert words[0] == "srun"
    for word in ("--nodes=2", "--ntasks=2", "--ntasks-per-node=1", "--cpus-per-task=6", "--overlap"):
        assert word in words
    assert "--kill-on-bad-exit=1" in words
    assert words[-5:] == [
        sys.executable,
        "-m",
        "scaling_lab.study.executors.node_agent",
        str(task.work / "task0.pkl"),
        "first:1234",
    ]
    assert step_environment()["PYTHONPATH"].split(":")[-1] == "/mine"
    monkeypatch.delenv("SLURM_CPUS_PER_TASK")
    assert not any(word.startswith("--cpus-per-task") for word in step_command(task, task.work, "first:1"))


def test_steps_that_fail_are_repeated_with_another_endpoint_and_then_the_point_died(
    task: RankTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the pool tries it once more, as after the death of a worker."""
    use_stand_in(monkeypatch, tmp_path, FAILING.replace("{folder}", str(tmp_path)))
    outcome = launch_on_nodes(run_rank, task)
    assert isinstance(outcome, Failure)
    assert outcome.died
    assert "4 processes on 2 nodes" in outcome.reason
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == MAX_RESTARTS + 1
    assert len({call.split()[-1] for call in calls}) > 1
    (task.work / "attempt1.process3.error").write_text("ValueError: mine")
    assert launch_on_nodes(run_rank, task) == replace(
        outcome, died=False, reason=outcome.reason.replace("a process ended without an error", "ValueError: mine")
    )


def test_a_step_that_ends_after_a_request_to_stop_is_interrupted(
    task: RankTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stand_in(monkeypatch, tmp_path, FAILING.replace("{folder}", str(tmp_path)))
    task.stop_file.touch()
    assert isinstance(launch_on_nodes(run_rank, task), Interrupted)
    assert len((tmp_path / "calls").read_text().splitlines()) == 1


def test_the_private_folder_of_several_nodes_is_one_that_all_see(make_point: "type[Point]", tmp_path: Path) -> None:
    with private_task("cuda:0+cuda:1", make_point(0), None, tmp_path, EXECUTION) as task:  # type: ignore[arg-type]
        assert task.work.parent == tmp_path / "slurm"
        assert (task.work.stat().st_mode & 0o777, task.work.parent.stat().st_mode & 0o777) == (0o700, 0o700)
        assert (task.devices, task.processes) == (("cuda:0", "cuda:1"), 4)
    assert not list((tmp_path / "slurm").iterdir())


def test_processes_of_all_nodes_count() -> None:
    engine = Slurm(nodes_per_point=2, processes_per_point=2, gpus=2, sync_batch_norm=True)
    assert (engine.processes, engine.workers_per_job(SweepOptions("x"))) == (4, 1)
    assert "4 processes on 2 nodes" in engine.notes()[0]
    assert Slurm(nodes_per_point=2, gpus=1, sync_batch_norm=True).processes == 2
