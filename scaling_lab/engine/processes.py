"""Calls in fresh single-threaded processes, a few at a time. One that dies takes no other with it, and none outlives
its parent.

Each call has a process and a pipe of its own (pebble), forked from a server that has imported torch once. A pool with
one pipe for all would lose every call when one worker is killed while it reads.
"""

import os
import signal
import traceback
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import active_children, connection, forkserver, get_context, parent_process, resource_tracker
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

from pebble import ProcessExpired, concurrent

NAME = "scaling_lab worker"
# torch imports its compiler with the first deterministic algorithm and the first optimiser: two seconds of each worker
PRELOADED = ["scaling_lab.point", "scaling_lab.data.policies", "torch._inductor.config", "torch._dynamo"]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# glibc keeps freed memory: else each step gives its activations back and takes a page fault for every 4 kB of them
KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "4294967296"}
STOPPING = 5.0  # seconds
LOST = 255  # multiprocessing's exit code where two threads ask at once how a process ended


@dataclass(frozen=True)
class Failure:
    """Why a call came to nothing, in a line."""

    reason: str


def each(function: Callable[..., Any], calls: Iterable[tuple[Any, ...]], workers: int) -> Generator[tuple[int, Any]]:
    """Calls `function`, a module's own, once with each tuple of arguments, `workers` at a time in the given order.

    Yields (place in `calls`, what the function returned or a Failure) as calls end. Closing the iterator, or an
    exception in it, ends the running processes.
    """
    # pebble's annotations call it mp_context, its code context
    start = concurrent.process(name=NAME, daemon=False, context=_context())(_call)  # type: ignore[call-overload]
    waiting = enumerate(calls)
    running: dict[Future[Any], int] = {}
    try:
        while True:
            for place, arguments in islice(waiting, workers - len(running)):
                running[start(function, arguments)] = place
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), _outcome(future)
    finally:
        _stop(running)


@cache
def _context() -> Any:
    os.environ.update(ONE_THREAD | KEPT_MEMORY)
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    # The server is started with interrupts held back, or Ctrl-C would print its traceback while it imports torch.
    resource_tracker.ensure_running()  # lets interrupts through when it starts: so it starts before
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    return context


def _call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        return function(*arguments)
    except BaseException as error:  # a SystemExit would be raised again in the parent
        last = traceback.extract_tb(error.__traceback__)[-1]
        said = " ".join(str(error).split())
        return Failure(f"{type(error).__name__}: {said} ({Path(last.filename).name}:{last.lineno})")


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _outcome(future: Future[Any]) -> Any:
    try:
        return future.result()
    except ProcessExpired as error:
        return Failure(_death(error.exitcode))
    except Exception as error:
        return Failure(f"{type(error).__name__}: {' '.join(str(error).split())}")


def _death(code: int | None) -> str:
    if code is None or code == LOST:
        return "the worker died; was it killed, or is memory short?"
    if code < 0:
        hint = "; the system does that when memory runs out" if -code == signal.SIGKILL else ""
        return f"the worker was ended by {signal.Signals(-code).name}{hint}"
    return f"the worker ended with exit status {code}"


def _stop(running: Iterable[Future[Any]]) -> None:
    for future in running:
        future.cancel()
    until = monotonic() + STOPPING
    while (alive := [process for process in active_children() if process.name == NAME]) and monotonic() < until:
        sleep(0.02)
    for process in alive:
        process.kill()
