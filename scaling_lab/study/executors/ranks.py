"""One point in several processes, of this machine or of the nodes of a Slurm job.

The worker has the lease and waits for them (`rank_process`).
"""

import json
from concurrent.futures import ThreadPoolExecutor, wait

from scaling_lab.atomic import replace_file
from scaling_lab.store.results import WriteError
from scaling_lab.store.schema import Result
from scaling_lab.study.executors.node_step import launch_on_nodes
from scaling_lab.study.executors.processes import Failure, Interrupted
from scaling_lab.study.executors.rank_agent import RankFunction, run_agent
from scaling_lab.study.executors.rank_failures import clear_failures, describe_failure
from scaling_lab.study.executors.rank_process import run_rank
from scaling_lab.study.executors.rank_task import MAX_RESTARTS, RankOutcome, RankTask
from scaling_lab.training import interrupts

POLL_SECONDS = 0.2


def train_in_ranks(task: RankTask) -> Result | Failure | WriteError:
    """Train a point in several processes and wait for them; a request to stop is passed on to them.

    Raises:
        StopRequested: the processes stopped, after a checkpoint if they had begun to train.
    """
    with interrupts.defer_stop() as is_stop_requested, ThreadPoolExecutor(1) as executor:
        launched = executor.submit(_launch_until_it_fits, task)
        while wait([launched], timeout=POLL_SECONDS).not_done:
            if is_stop_requested():
                task.stop_file.touch()
        outcome = launched.result()
    if isinstance(outcome, Interrupted):
        raise interrupts.StopRequested
    return outcome


def _launch_until_it_fits(task: RankTask) -> RankOutcome:
    """Launch the processes of a task again if the restarts were not enough to find a micro-batch that fits."""
    while True:
        outcome = (launch if task.nodes == 1 else launch_on_nodes)(run_rank, task)
        _, last_attempt = task.micro_batch()
        if not isinstance(outcome, Failure) or last_attempt != MAX_RESTARTS:
            return outcome
        replace_file(task.memory_file, json.dumps((task.micro_batch()[0], -1)).encode())


def launch(function: RankFunction, task: RankTask) -> RankOutcome:
    """Call a function in each process of a task on this machine, after a failure again; return that of process 0.

    Args:
        function: Function of a module.
        task: The task; its private folder is on this machine.
    """
    clear_failures(task)
    outcomes = run_agent(
        function,
        task,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",
        max_restarts=MAX_RESTARTS,
    )
    return describe_failure(task) if outcomes is None else outcomes[0]
