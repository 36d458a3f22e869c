"""The command `run_sweep.py` (installed: `scaling-lab sweep`): options and overrides in, an exit status out."""

import os
import sys
from collections.abc import Sequence
from typing import Any

from scaling_lab.config import registry
from scaling_lab.errors import UserError, error_messages


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    Args:
        argv: options and overrides; those of the process by default.

    Returns:
        0 when all is done, 1 when a point failed, 2 for a mistake of the user's, 130 when interrupted.
    """
    import hydra

    words = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # errors come here, not to Hydra's own printing
    if any(word.startswith("--e") for word in words):
        print(
            "error: --experimental-rerun is not taken: it unpickles a file, which runs what is in it", file=sys.stderr
        )
        return 2
    if not any(word.startswith(("-", "hydra.mode=")) for word in words):
        words.append("--multirun")  # else Hydra asks for it when it stumbles over another mistake
    from hydra_plugins.scaling_lab_plugins.gate import guarded

    sys.argv[1:] = words
    try:
        with guarded():
            hydra.main(version_base=None, config_path=str(registry.CONF), config_name="config")(_task)()
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has closed the pipe, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        return _refuse(error)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    return 0


def _refuse(error: Exception) -> int:
    from hydra_plugins.scaling_lab_plugins.refused import refused

    for message in error_messages(refused(error, sys.argv[1:])):
        print(f"error: {message}", file=sys.stderr)
    return 2


def _task(config: Any) -> None:
    """One job of Hydra's: a sweep of one question, or one point of a sweep that another launcher runs."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    from hydra_plugins.scaling_lab_plugins.axes import to_plain
    from scaling_lab.sweep.executors.one_point import train_one
    from scaling_lab.sweep.questions import make_options, make_question
    from scaling_lab.sweep.run import run_sweep

    try:
        chosen, own = HydraConfig.get(), to_plain(config)
        question, order = make_question(own, chosen.runtime.choices), make_options(own)
        if chosen.mode == RunMode.MULTIRUN:
            train_one(order, question)
        elif status := run_sweep(order, list(chosen.overrides.task), [question]):
            sys.exit(status)
    except UserError as error:
        sys.exit(_refuse(error))  # left to Hydra, its overrides would be printed before it
