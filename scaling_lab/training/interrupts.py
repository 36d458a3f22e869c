"""A process that is asked to stop: in a training after the step, with a checkpoint; elsewhere at once. No torch."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

# SIGHUP is a terminal's that is closed; SIGUSR2 Slurm's, through submitit, before the time is up
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2)


class StopRequested(BaseException):
    """The process was asked to stop, and what it did can be taken up again."""


class _State:
    asked = False
    waits = False
    raised = False


@contextmanager
def handle_stop_signals() -> Iterator[None]:
    """Within, a signal that asks to stop is heard: `Stopped` is raised at once, but inside of `at_steps` at a step. It
    is raised once: what is done on the way out is not interrupted by another."""
    _State.asked = _State.waits = _State.raised = False
    before = {number: signal.signal(number, _heard) for number in _unless_hung_up(STOP_SIGNALS)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def defer_stop() -> Iterator[Callable[[], bool]]:
    """Within, a request to stop raises nothing: the function that is given says whether there was one, and who is told
    so raises `Stopped`."""
    _State.waits = True
    try:
        yield _told
    finally:
        _State.waits = False


@contextmanager
def signals_as_keyboard_interrupt() -> Iterator[None]:
    """Within, being terminated, or losing the terminal, is a KeyboardInterrupt as Ctrl-C is."""
    asking = _unless_hung_up((signal.SIGTERM, signal.SIGHUP))
    before = {number: signal.signal(number, signal.default_int_handler) for number in asking}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def request_stop() -> None:
    """Asks this process to stop at its next step, from any of its threads."""
    _State.asked = True


def _told() -> bool:
    _State.raised = _State.raised or _State.asked
    return _State.asked


def _heard(_number: int, _frame: FrameType | None) -> None:
    _State.asked = True
    if not _State.waits and not _State.raised:
        _State.raised = True
        raise StopRequested


def _unless_hung_up(numbers: Iterable[signal.Signals]) -> list[signal.Signals]:
    """Without SIGHUP where that is ignored, as `nohup` has it."""
    return [one for one in numbers if one != signal.SIGHUP or signal.getsignal(one) != signal.SIG_IGN]
