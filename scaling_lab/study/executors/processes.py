"""Calls in fresh single-threaded processes, a few at a time. One that dies ends no other; none outlives its parent.

Each call has its own process and pipe (pebble), forked from a server that has imported torch once. A pool with one
pipe for all would lose every call when one worker is killed while it reads.
"""

import os
import signal
import traceback
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from itertools import islice
from multiprocessing import active_children, connection, parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any, Self

from pebble import ProcessExpired, concurrent

from scaling_lab.study.executors.fork_server import ensure_server, server_context
from scaling_lab.study.executors.worker_logs import LogReceiver, send_logs
from scaling_lab.training.interrupts import STOP_SIGNALS, StopRequested, handle_stop_signals

PROCESS_NAME = "scaling_lab worker"
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
        start = concurrent.process(name=PROCESS_NAME, daemon=False, context=server_context())  # type: ignore[call-overload]
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
                ensure_server()
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


def _call(function: Callable[..., Any], arguments: tuple[Any, ...], log_address: str | None) -> Any:
    Thread(target=end_with_parent, daemon=True).start()
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


def end_with_parent() -> None:
    """Wait until the parent of this process has ended, then end this one."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _outcome(future: Future[Any]) -> Any:
    try:
        return future.result()
    except ProcessExpired as error:
        return Failure(format_death(error.exitcode), died=True)
    except Exception as error:  # what the call raised, or that it cannot be pickled
        return Failure(f"{type(error).__name__}: {' '.join(str(error).split())}")


def format_death(code: int | None) -> str:
    """Return how a worker ended, by its exit code."""
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
