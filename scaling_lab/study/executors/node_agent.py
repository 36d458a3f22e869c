"""torchrun's agent on one node of a step: `python -m scaling_lab.study.executors.node_agent TASK ATTEMPT HOST:PORT`.

The input is that of srun: an agent ends with the worker.
"""

import os
import pickle
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread

from scaling_lab.atomic import replace_file
from scaling_lab.study.executors.rank_agent import RankFunction, run_agent
from scaling_lab.study.executors.rank_failures import record_error
from scaling_lab.study.executors.rank_task import RankTask

MEETING_SECONDS = 300  # for the agents of all nodes to start


def main(task_file: str, attempt: str, endpoint: str) -> int:
    """Run the processes of this node; write the outcome of process 0.

    Args:
        task_file: File of the worker, with the function to call and the task.
        attempt: Number of earlier attempts of the worker.
        endpoint: Where the processes of all nodes meet: HOST:PORT.

    Returns:
        The exit status: 1 if a process failed.

    Raises:
        SignalException: Slurm ends the step.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException

    Thread(target=_end_with_input, daemon=True).start()
    function: RankFunction
    given: RankTask
    function, given = pickle.loads(Path(task_file).read_bytes())  # noqa: S301 - private folder of the worker
    task = replace(given, attempt=int(attempt))
    node = int(os.environ["SLURM_PROCID"])
    try:
        outcomes = run_agent(
            function,
            task,
            rdzv_backend="static",
            rdzv_endpoint=endpoint,
            rdzv_configs={"rank": node, "timeout": MEETING_SECONDS},
            max_restarts=0,
        )
    except SignalException:
        raise
    except Exception as error:  # the nodes did not meet
        record_error(task, f"node{node}", task.attempt, error)
        raise
    if outcomes is None:
        return 1
    if 0 in outcomes:
        replace_file(task.outcome_file, pickle.dumps(outcomes[0]))
    return 0


def _end_with_input() -> None:
    while os.read(0, 1024):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
