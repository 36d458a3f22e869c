"""One point on several nodes of a Slurm job: a step of the job with torchrun's agent on each node (`node_agent`).

The step ends as a whole: when one of its agents fails, srun ends the others, and the worker starts another step with
another endpoint, in which all processes continue from the last checkpoint.
"""

import os
import pickle
import socket
import sys
from dataclasses import replace
from subprocess import PIPE, Popen
from typing import Any

from scaling_lab.atomic import replace_file
from scaling_lab.store.code_version import PACKAGE_ROOT
from scaling_lab.study.executors.processes import Interrupted
from scaling_lab.study.executors.rank_agent import RankFunction
from scaling_lab.study.executors.rank_failures import clear_failures, describe_failure
from scaling_lab.study.executors.rank_task import MAX_RESTARTS, RankOutcome, RankTask

AGENT = "scaling_lab.study.executors.node_agent"
# The signal of submitit is for the worker: Slurm sends it to all steps of a job.
IGNORING_TIME_SIGNAL = 'trap "" USR2; exec "$0" "$@"'


def launch_on_nodes(function: RankFunction, task: RankTask) -> RankOutcome:
    """Call a function in each process of a task, after a failure again; return the outcome of process 0.

    Args:
        function: Function of a module.
        task: The task; its private folder is one that all nodes see.
    """
    clear_failures(task)
    replace_file(task.task_file, pickle.dumps((function, task)))
    for attempt in range(MAX_RESTARTS + 1):
        _run_step(replace(task, attempt=attempt))
        if task.outcome_file.exists():
            outcome: RankOutcome = pickle.loads(task.outcome_file.read_bytes())  # noqa: S301 - of our own step
            return outcome
        if task.stop_file.exists():
            return Interrupted()
    return describe_failure(task)


def _run_step(task: RankTask) -> None:
    """Run an agent on each node and wait for all of them."""
    # srun passes its input on to the agents, which end when it does: with this process, however that ends.
    with Popen(step_command(task, _free_endpoint()), stdin=PIPE, env=step_environment()) as step:  # noqa: S603
        step.wait()


def step_command(task: RankTask, endpoint: str) -> list[str]:
    """Return the command line of a step with an agent on each node.

    Args:
        task: The task, with the number of earlier attempts.
        endpoint: Where the processes meet: host and port, on the first node.
    """
    cores = os.environ.get("SLURM_CPUS_PER_TASK")
    return [
        *("srun", f"--nodes={task.nodes}", f"--ntasks={task.nodes}", "--ntasks-per-node=1"),
        *([f"--cpus-per-task={cores}"] if cores else []),
        *("--overlap", "--cpu-bind=none", "--kill-on-bad-exit=1", "--unbuffered"),
        *("sh", "-c", IGNORING_TIME_SIGNAL, sys.executable, "-m", AGENT),
        *(str(task.task_file), str(task.attempt), endpoint),
    ]


def step_environment() -> dict[str, Any]:
    """Return the environment of a step: agents import this package, and nothing from the current folder."""
    places = [str(PACKAGE_ROOT.parent), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return os.environ | {"PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(dict.fromkeys(places))}


def _free_endpoint() -> str:
    """Return the name of this machine and a free port of it. If another process takes it first, the step fails."""
    with socket.socket() as listener:
        listener.bind(("", 0))
        return f"{socket.gethostname()}:{listener.getsockname()[1]}"
