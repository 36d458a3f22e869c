"""Steps of a Slurm job with an agent on each node, by a stand-in for srun: command line, failures, interruptions."""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing import parent_process
from pathlib import Path
from time import sleep
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.store.leftovers import remove_drafts
from scaling_lab.store.results import Store
from scaling_lab.store.schema import Point
from scaling_lab.study.executors import node_step, rank_failures, ranks
from scaling_lab.study.executors.node_step import launch_on_nodes, step_command, step_environment
from scaling_lab.study.executors.processes import Failure, Interrupted
from scaling_lab.study.executors.rank_failures import clear_failures, describe_failure, record_deaths, record_error
from scaling_lab.study.executors.rank_process import run_rank
from scaling_lab.study.executors.rank_task import MAX_RESTARTS, RankTask, private_task
from scaling_lab.study.executors.slurm import Slurm
from scaling_lab.study.merge_files import copy_rest
from scaling_lab.training.distributed import join_group
from tests.stand_in_srun import use_stand_in

EXECUTION = ExecutionOptions(processes=4, nodes=2)
FAILING = """#!/bin/sh
echo "$@" >> {folder}/calls
exit 1
"""
LOST = RuntimeError("[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by peer [10.0.0.2]:1")


def killing_agents(_: RankTask) -> Any:
    """The agent of the second node is killed, and the process of the first one waits for that of the second."""
    with join_group(torch.device("cpu"), sync_batch_norm=False) as group:
        group.gather(0)
        parent = parent_process()
        if group.rank == 1 and parent and parent.pid:
            os.kill(parent.pid, signal.SIGKILL)
            sleep(60)  # ends with its agent
        group.gather(0)


def killed(rank: int, signal_number: int = signal.SIGKILL) -> Any:
    """What the agent reports of a process that a signal ended."""
    return SimpleNamespace(failures={rank: SimpleNamespace(exitcode=-signal_number)})


@pytest.fixture
def task(make_point: "type[Point]", tmp_path: Path) -> RankTask:
    (tmp_path / "work").mkdir()
    return RankTask(("cpu",) * 2, make_point(0), None, tmp_path, EXECUTION, tmp_path / "work", None)  # type: ignore[arg-type]


def test_a_step_has_one_agent_on_each_node(task: RankTask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "6")
    monkeypatch.setenv("PYTHONPATH", "/mine")
    words = step_command(replace(task, attempt=2), "first:1234")
    assert words[0] == "srun"
    for word in ("--nodes=2", "--ntasks=2", "--ntasks-per-node=1", "--cpus-per-task=6", "--overlap"):
        assert word in words
    assert "--kill-on-bad-exit=1" in words
    assert words[-6:] == [
        sys.executable,
        "-m",
        "scaling_lab.study.executors.node_agent",
        str(task.work / "task.pkl"),
        "2",
        "first:1234",
    ]
    assert step_environment()["PYTHONPATH"].split(":")[-1] == "/mine"
    monkeypatch.delenv("SLURM_CPUS_PER_TASK")
    assert not any(word.startswith("--cpus-per-task") for word in step_command(task, "first:1"))


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
    assert not list(task.work.glob("task[0-9]*"))


@pytest.mark.slow
def test_agents_killed_in_every_attempt_are_a_death(
    task: RankTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the lost connection of the surviving process nor the SIGTERM of its agent is an error of the point."""
    use_stand_in(monkeypatch, tmp_path)
    for module in (node_step, rank_failures):
        monkeypatch.setattr(module, "MAX_RESTARTS", 1)
    given = replace(task, devices=("cpu",), execution=ExecutionOptions(processes=2, nodes=2))
    outcome = launch_on_nodes(killing_agents, given)
    assert isinstance(outcome, Failure)
    assert outcome.died, outcome.reason
    assert not list(task.work.glob("*.error"))


@pytest.mark.parametrize(
    ("attempts", "died", "named"),
    [
        ((killed(1), *[ValueError("mine")] * 3), False, ("ValueError: mine", "SIGKILL")),
        ((*[ValueError("mine")] * 3, killed(1)), True, ("ValueError: mine", "SIGKILL")),
        ((*[ValueError("mine")] * 3, LOST), True, ("ValueError: mine", "Connection closed")),
        ([torch.distributed.DistNetworkError("no peer")] * 4, True, ("no peer",)),
        ([ValueError("mine"), LOST, LOST, RuntimeError("shapes")], False, ("ValueError: mine", "shapes")),
        ((*[ValueError("mine")] * 3, killed(0, signal.SIGTERM)), True, ("SIGTERM",)),
        ([], True, ("without an error",)),
    ],
)
def test_the_last_attempt_decides_whether_a_point_died(
    attempts: Sequence[Any], died: bool, named: Sequence[str], task: RankTask
) -> None:
    for attempt, failure in enumerate(attempts):
        if isinstance(failure, Exception):
            with pytest.raises(type(failure)) as raised:
                raise failure
            record_error(task, "process0", attempt, raised.value)
        else:
            record_deaths(task, attempt, failure)
    failure = describe_failure(task)
    assert failure.died == died
    for words in named:
        assert words in failure.reason
    clear_failures(task)
    assert not list(task.work.iterdir())


def test_failures_of_an_earlier_launch_do_not_count(
    task: RankTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stand_in(monkeypatch, tmp_path, FAILING.replace("{folder}", str(tmp_path)))
    (task.work / f"attempt{MAX_RESTARTS}.process0.error").write_text("ValueError: earlier")
    outcome = launch_on_nodes(run_rank, task)
    assert isinstance(outcome, Failure)
    assert "earlier" not in outcome.reason
    monkeypatch.setattr(ranks, "run_agent", lambda *_, **__: None)
    (task.work / f"attempt{MAX_RESTARTS}.process0.death").write_text("earlier")
    again = ranks.launch(run_rank, task)
    assert isinstance(again, Failure)
    assert "earlier" not in again.reason


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


def test_a_private_folder_whose_worker_was_killed_is_removed_by_the_next_one(
    make_point: "type[Point]", tmp_path: Path
) -> None:
    store, folders = Store(tmp_path), list[Path]()
    for seed in (0, 1):
        with private_task("cpu", make_point(seed), None, tmp_path, EXECUTION) as task:  # type: ignore[arg-type]
            left = task.work
            (left / "errors").mkdir()
        (left / "errors").mkdir(parents=True)
        (left / "task.pkl").touch()
        folders.append(left)
    (tmp_path / "slurm" / f"{make_point(0).key}.log").touch()
    remove_drafts(store, make_point(0).key)
    assert set((tmp_path / "slurm").iterdir()) == {folders[1], tmp_path / "slurm" / f"{make_point(0).key}.log"}
    copy_rest({"mine": store}, Store(tmp_path / "into"))
    assert [path.name for path in (tmp_path / "into").rglob("slurm/*")] == [f"{make_point(0).key}.log"]


def test_processes_of_all_nodes_count() -> None:
    engine = Slurm(nodes_per_point=2, processes_per_point=2, gpus=2, sync_batch_norm=True)
    assert (engine.processes, engine.workers_per_job(SweepOptions("x"))) == (4, 1)
    assert "4 processes on 2 nodes" in engine.notes()[0]
    assert Slurm(nodes_per_point=2, gpus=1, sync_batch_norm=True).processes == 2
