"""Calls in fresh single-threaded processes, a few at a time. One that dies takes no other with it, and none outlives
its parent.

Each call has a process and a pipe of its own (pebble), forked from a server that has imported torch once. A pool with
one pipe for all would lose every call when one worker is killed while it reads.
"""

import os
import signal
import traceback
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import active_children, connection, forkserver, get_context, parent_process, resource_tracker
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any, Self

from pebble import ProcessExpired, concurrent

from scaling_lab.training.interrupts import STOP_SIGNALS, StopRequested, handle_stop_signals

NAME = "scaling_lab worker"
# All that a point needs: what is edited while a sweep runs changes none of its points. torch imports its compiler with
# the first deterministic algorithm and the first optimiser, which would take two seconds of each worker.
PRELOADED = [
    "scaling_lab.sweep.executors.worker",
    "scaling_lab.training.train_point",
    "scaling_lab.data.augment.policies",
    "torch._inductor.config",
    "torch._dynamo",
]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# glibc keeps freed memory: else each step gives its activations back and takes a page fault for every 4 kB of them
KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "4294967296"}
STOPPING = 5.0  # seconds
LOST = 255  # multiprocessing's exit code where two threads ask at once how a process ended
TRIES, AGAIN = 4, 0.25  # to start a process, and seconds between: the server of forks may have been killed


@dataclass(frozen=True)
class Failure:
    """Why a call came to nothing, in a line. died: its process was ended from outside. stored: it is written down."""

    reason: str
    died: bool = False
    stored: bool = False


@dataclass(frozen=True)
class Interrupted:
    """The call was asked to stop, and did."""


class Processes:
    """Calls under way, each in a process of its own, by a tag of the caller's. Leaving it ends them."""

    def __init__(self) -> None:
        # pebble's annotations call it mp_context, its code context
        start = concurrent.process(name=NAME, daemon=False, context=_context())  # type: ignore[call-overload]
        self._start: Callable[..., Future[Any]] = start(_call)
        self._running: dict[Future[Any], Hashable] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _end(self._running)

    def __len__(self) -> int:
        return len(self._running)

    def start(self, tag: Hashable, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Calls `function`, a module's own, in a fresh process."""
        for left in reversed(range(TRIES)):
            try:
                _serve()
                self._running[self._start(function, arguments)] = tag
            except (OSError, EOFError):
                if not left:
                    raise
                sleep(AGAIN)
            else:
                return

    def ended(self, seconds: float | None = None) -> list[tuple[Any, Any]]:
        """Tags and what the calls came to (what was returned, a Failure or Interrupted) of those that have ended; waits
        for the first, at most so long, and for nothing when none runs."""
        done = wait(self._running, timeout=seconds, return_when=FIRST_COMPLETED).done
        return [(self._running.pop(future), _outcome(future)) for future in done]

    def stop(self, seconds: float) -> list[tuple[Any, Any]]:
        """Asks all to stop, a training after its step, and waits at most so long; as `ended`, all of them. Those that
        go on until then are ended and count as interrupted."""
        until, ended = monotonic() + seconds, []
        for process in active_children():
            if process.name == NAME:
                process.terminate()
        while self._running and monotonic() < until:
            ended += self.ended(max(0.0, until - monotonic()))
        ended += [(tag, Interrupted()) for tag in self._running.values()]
        _end(self._running)
        return ended


def begin() -> None:
    """Starts the server of forks, which imports torch on another core while this process goes on. Otherwise the first
    call does, and waits."""
    _context()
    _serve()


def call_in_processes(
    function: Callable[..., Any], calls: Iterable[tuple[Any, ...]], workers: int
) -> Generator[tuple[int, Any]]:
    """Calls `function`, a module's own, once with each tuple of arguments, `workers` at a time in the given order.

    Yields (place in `calls`, what the function returned or a Failure) as calls end. Closing the iterator, or an
    exception in it, ends the running processes.
    """
    waiting: Iterator[tuple[int, tuple[Any, ...]]] = enumerate(calls)
    with Processes() as processes:
        while True:
            for place, arguments in islice(waiting, workers - len(processes)):
                processes.start(place, function, arguments)
            if not processes:
                return
            yield from processes.ended()


@cache
def _context() -> Any:
    os.environ.update(ONE_THREAD | KEPT_MEMORY)
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _serve() -> None:
    """Starts the server of forks when it does not run. It holds back what asks to stop: only its children hear that."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        resource_tracker.ensure_running()  # which lets some of them through again
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def _call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        with handle_stop_signals():
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)  # held back since the server
            return function(*arguments)
    except StopRequested:
        return Interrupted()
    except BaseException as error:  # a SystemExit would be raised again in the parent
        return Failure(reason(error))


def reason(error: BaseException) -> str:
    """What was raised, and where, in a line."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {' '.join(str(error).split())} ({Path(last.filename).name}:{last.lineno})"


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _outcome(future: Future[Any]) -> Any:
    try:
        return future.result()
    except ProcessExpired as error:
        return Failure(_death(error.exitcode), died=True)
    except Exception as error:
        return Failure(f"{type(error).__name__}: {' '.join(str(error).split())}")


def _death(code: int | None) -> str:
    if code is None or code == LOST:
        return "the worker died; was it killed, or is memory short?"
    if code < 0:
        hint = "; the system does that when memory runs out" if -code == signal.SIGKILL else ""
        return f"the worker was ended by {signal.Signals(-code).name}{hint}"
    return f"the worker ended with exit status {code}"


def _end(running: dict[Future[Any], Hashable]) -> None:
    if running:
        for process in active_children():
            if process.name == NAME:
                process.kill()
        wait(running, timeout=STOPPING)
        running.clear()
