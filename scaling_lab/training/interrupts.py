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

    @classmethod
    def reset(cls) -> None:
        cls.is_requested = cls.is_deferred = cls.is_raised = False


@contextmanager
def handle_stop_signals() -> Iterator[None]:
    """Context manager: raise `StopRequested` on a stop signal; inside of `defer_stop` only record it.

    It is raised once, so that a second signal does not interrupt the cleanup. Requests made inside are forgotten at the
    end.
    """
    _State.reset()
    try:
        with _handlers(STOP_SIGNALS, _on_signal):
            yield
    finally:
        _State.reset()


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
    with _handlers((signal.SIGTERM, signal.SIGHUP), signal.default_int_handler):
        yield


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


@contextmanager
def _handlers(numbers: Iterable[signal.Signals], handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Context manager: handle these signals, except SIGHUP where it is ignored, as under `nohup`."""
    handled = [n for n in numbers if n != signal.SIGHUP or signal.getsignal(n) != signal.SIG_IGN]
    previous = {number: signal.signal(number, handler) for number in handled}
    try:
        yield
    finally:
        for number, earlier in previous.items():
            signal.signal(number, earlier)
