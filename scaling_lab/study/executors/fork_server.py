"""The server from which workers are forked: it has imported torch once, and nothing from the current folder."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import forkserver, get_context, resource_tracker
from typing import Any

from scaling_lab.store.code_version import PACKAGE_ROOT
from scaling_lab.training.interrupts import STOP_SIGNALS

# All that a point needs: editing the code while a sweep runs changes none of its points. torch imports its compiler
# with the first deterministic algorithm and the first optimizer, which would take two seconds of each worker.
PRELOADED = [
    "scaling_lab.study.executors.worker",
    "scaling_lab.training.train_point",
    "scaling_lab.data.augment.policies",
    "torch._inductor.config",
    "torch._dynamo",
]
SINGLE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# Make glibc reuse freed memory: otherwise each step returns its activations and faults in every page again.
REUSED_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "4294967296"}


def start_fork_server() -> None:
    """Start the server of forks, which imports torch on another core; otherwise the first call starts it and waits."""
    server_context()
    ensure_server()


@cache
def server_context() -> Any:
    """Return `multiprocessing`'s context of processes that are forked from the server."""
    os.environ.update(SINGLE_THREAD | REUSED_MEMORY)
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def ensure_server() -> None:
    """Start the server of forks if it does not run, with stop signals blocked: only its children handle them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        with _current_folder_not_imported():
            resource_tracker.ensure_running()  # which unblocks some of them
            signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
            forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


@contextmanager
def _current_folder_not_imported() -> Iterator[None]:
    """Context manager: let new interpreters import from where this one does.

    `multiprocessing` starts them by `python -c`, which looks for modules in the current folder first: a file random.py
    there would be run.
    """
    places = [place for place in (*sys.path, str(PACKAGE_ROOT.parent)) if place and os.pathsep not in place]
    added = {"PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(dict.fromkeys(places))}
    before = {name: os.environ.get(name) for name in added}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
