"""Calls in fresh single-threaded processes, a few at a time. One that dies ends no other; none outlives its parent.

Each call has its own process and pipe (pebble), forked from a server that has imported torch once. A pool with one
pipe for all would lose every call when one worker is killed while it reads.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import active_children, connection, forkserver, get_context, parent_process, resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any, Self

from pebble import ProcessExpired, concurrent

from scaling_lab.store.code_version import PACKAGE_ROOT
from scaling_lab.study.executors.worker_logs import LogReceiver, send_logs
from scaling_lab.training.interrupts import STOP_SIGNALS, StopRequested, handle_stop_signals

PROCESS_NAME = "scaling_lab worker"
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
EXIT_WAIT_SECONDS = 5.0
UNKNOWN_EXIT = 255  # multiprocessing's exit code if two threads ask at once how a process ended
START_ATTEMPTS, START_DELAY = 4, 0.25  # attempts to start a process, and seconds between: the server may have died


@dataclass(frozen=True)
class Failure:
    """A call that raised, or whose process died.

    Attributes:
        reason: one line.
        died: whether the process was ended from outside.
        stored: whether the failure is already in the store.
    """

    reason: str
    died: bool = False
    stored: bool = False


@dataclass(frozen=True)
class Interrupted:
    """A call that stopped on request."""


class WorkerProcesses:
    """Context manager: running calls, each in its own process, by a tag of the caller. Leaving it ends them."""

    def __init__(self) -> None:
        # pebble's annotations say mp_context, its code says context
        start = concurrent.process(name=PROCESS_NAME, daemon=False, context=_context())  # type: ignore[call-overload]
        self._start: Callable[..., Future[Any]] = start(_call)
        self._running: dict[Future[Any], Hashable] = {}
        self._processes: dict[Hashable, BaseProcess] = {}
        self._logs = LogReceiver()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _kill(self._running)
        self._logs.close()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, tag: Hashable, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Call a module-level function in a fresh process."""
        for attempts in reversed(range(START_ATTEMPTS)):
            try:
                _ensure_server()
                before = active_children()
                self._running[self._start(function, arguments, self._logs.address)] = tag
                self._processes.update((tag, process) for process in active_children() if process not in before)
            except (OSError, EOFError):
                if not attempts:
                    raise
                sleep(START_DELAY)
            else:
                return

    @property
    def pids(self) -> dict[Any, int]:
        """Process ids of the running calls, by tag."""
        return {tag: process.pid for tag, process in self._processes.items() if process.pid}

    def kill(self, tag: Hashable) -> None:
        """End a running call at once; `wait_ended` returns it as a Failure."""
        if tag in self._processes:
            self._processes[tag].kill()

    def wait_ended(self, seconds: float | None = None) -> list[tuple[Any, Any]]:
        """Wait for the first call to end, at most `seconds`; return at once if none runs.

        Returns:
            (tag, outcome) of each call that has ended; the outcome is the returned value, a Failure or Interrupted.
        """
        done = wait(self._running, timeout=seconds, return_when=FIRST_COMPLETED).done
        ended = [(self._running.pop(future), _outcome(future)) for future in done]
        for tag, _ in ended:
            self._processes.pop(tag, None)
        return ended

    def stop(self, seconds: float) -> list[tuple[Any, Any]]:
        """Ask all calls to stop, a training after its step, and wait at most `seconds`.

        Returns:
            (tag, outcome) of all calls. Those that did not stop in time are killed and count as interrupted.
        """
        until, ended = monotonic() + seconds, []
        for process in active_children():
            if process.name == PROCESS_NAME:
                process.terminate()
        while self._running and monotonic() < until:
            ended += self.wait_ended(max(0.0, until - monotonic()))
        ended += [(tag, Interrupted()) for tag in self._running.values()]
        _kill(self._running)
        return ended


def start_fork_server() -> None:
    """Start the server of forks, which imports torch on another core; otherwise the first call starts it and waits."""
    _context()
    _ensure_server()


def call_in_processes(
    function: Callable[..., Any], calls: Iterable[tuple[Any, ...]], workers: int, seconds: float | None = None
) -> Generator[tuple[int, Any]]:
    """Call a module-level function with each tuple of arguments, `workers` at a time, in the given order.

    Closing the iterator, or an exception in it, ends the running processes.

    Args:
        function: the function.
        calls: arguments of each call.
        workers: processes at a time.
        seconds: end after this time; calls that are not done by then yield nothing.

    Yields:
        (place in `calls`, returned value or Failure) as calls end.
    """
    waiting: Iterator[tuple[int, tuple[Any, ...]]] = enumerate(calls)
    until = None if seconds is None else monotonic() + seconds
    with WorkerProcesses() as processes:
        while until is None or monotonic() < until:
            for place, arguments in islice(waiting, workers - len(processes)):
                processes.start(place, function, arguments)
            if not processes:
                return
            yield from processes.wait_ended(None if until is None else max(0.0, until - monotonic()))


@cache
def _context() -> Any:
    os.environ.update(SINGLE_THREAD | REUSED_MEMORY)
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def _ensure_server() -> None:
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


def _call(function: Callable[..., Any], arguments: tuple[Any, ...], log_address: str | None) -> Any:
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        with handle_stop_signals():
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)  # blocked since the server started
            send_logs(log_address)
            return function(*arguments)
    except StopRequested:
        return Interrupted()
    except BaseException as error:  # a SystemExit would be raised again in the parent
        return Failure(format_error(error))


def format_error(error: BaseException) -> str:
    """Return what was raised, and where, in one line."""
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
        return Failure(_format_death(error.exitcode), died=True)
    except Exception as error:
        return Failure(f"{type(error).__name__}: {' '.join(str(error).split())}")


def _format_death(code: int | None) -> str:
    if code is None or code == UNKNOWN_EXIT:
        return "the worker died (killed, or out of memory)"
    if code < 0:
        hint = " (often out of memory)" if -code == signal.SIGKILL else ""
        return f"the worker was ended by {signal.Signals(-code).name}{hint}"
    return f"the worker ended with exit status {code}"


def _kill(running: dict[Future[Any], Hashable]) -> None:
    if running:
        for process in active_children():
            if process.name == PROCESS_NAME:
                process.kill()
        wait(running, timeout=EXIT_WAIT_SECONDS)
        running.clear()
