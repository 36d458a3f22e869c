"""Handling of stop signals: deferred to the end of the step during training, immediate elsewhere. No torch."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

# SIGHUP is sent when a terminal closes; SIGUSR2 by Slurm, through submitit, before the time limit.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2)


class StopRequested(BaseException):
    """The process was asked to stop, and its work can be resumed later."""


class _State:
    is_requested = False
    is_deferred = False
    is_raised = False


@contextmanager
def handle_stop_signals() -> Iterator[None]:
    """Context manager: raise `StopRequested` on a stop signal; inside of `defer_stop` only record it.

    It is raised once, so that a second signal does not interrupt the cleanup.
    """
    _State.is_requested = _State.is_deferred = _State.is_raised = False
    previous = {number: signal.signal(number, _on_signal) for number in _not_ignored(STOP_SIGNALS)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def defer_stop() -> Iterator[Callable[[], bool]]:
    """Context manager: defer stop signals. Yields a function that returns True once a stop was requested.

    The caller raises `StopRequested` when that function has returned True.
    """
    _State.is_deferred = True
    try:
        yield _check_stop
    finally:
        _State.is_deferred = False


@contextmanager
def signals_as_keyboard_interrupt() -> Iterator[None]:
    """Context manager: raise KeyboardInterrupt on SIGTERM and SIGHUP, as on Ctrl-C."""
    numbers = _not_ignored((signal.SIGTERM, signal.SIGHUP))
    previous = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def request_stop() -> None:
    """Make this process stop at its next training step. Callable from any thread."""
    _State.is_requested = True


def _check_stop() -> bool:
    _State.is_raised = _State.is_raised or _State.is_requested
    return _State.is_requested


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    _State.is_requested = True
    if not _State.is_deferred and not _State.is_raised:
        _State.is_raised = True
        raise StopRequested


def _not_ignored(numbers: Iterable[signal.Signals]) -> list[signal.Signals]:
    """Return the stop signals, without SIGHUP where it is ignored, as under `nohup`."""
    return [number for number in numbers if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
