"""A process that is asked to stop: in a training after the step, with a checkpoint; elsewhere at once. No torch."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR2)  # SIGUSR2 is Slurm's, through submitit, before the time is up


class Stopped(BaseException):
    """The process was asked to stop, and what it did can be taken up again."""


class _State:
    asked = False
    waits = False


@contextmanager
def listening() -> Iterator[None]:
    """Within, a signal that asks to stop is heard: `Stopped` is raised at once, but inside of `at_steps` at a step."""
    _State.asked = _State.waits = False
    before = {number: signal.signal(number, _heard) for number in ASKING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def at_steps() -> Iterator[Callable[[], bool]]:
    """Within, a request to stop raises nothing: the function that is given says whether there was one."""
    _State.waits = True
    try:
        yield lambda: _State.asked
    finally:
        _State.waits = False


@contextmanager
def interrupted_by_any() -> Iterator[None]:
    """Within, being terminated, or losing the terminal, is a KeyboardInterrupt as Ctrl-C is; what is ignored from
    before, as `nohup` has it, stays so."""
    asking = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, signal.default_int_handler) for number in asking}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ask() -> None:
    """Asks this process to stop at its next step, from any of its threads."""
    _State.asked = True


def _heard(_number: int, _frame: FrameType | None) -> None:
    _State.asked = True
    if not _State.waits:
        raise Stopped
