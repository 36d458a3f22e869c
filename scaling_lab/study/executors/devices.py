"""Devices to train on, and calls on them: a slot is a device for one call at a time; a device may have several."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from scaling_lab.errors import UserError
from scaling_lab.study.executors.processes import call_in_processes

AUTO, CPU, GPU = "auto", "cpu", "cuda"
JOINED = "+"  # between the GPUs of a slot
GPU_SECONDS = 120.0  # until torch must have found the GPUs: a broken driver never answers
ALLOWED = "auto, cpu, cuda for all GPUs, or one GPU such as cuda:0"


def resolve_devices(requested: str, drivers: Path = Path("/dev")) -> tuple[str, ...]:
    """Return `cpu`, or the requested GPUs; "auto" takes all GPUs if there are any.

    Args:
        requested: auto, cpu, cuda, or one GPU such as cuda:0.
        drivers: folder in which drivers show GPUs.

    Raises:
        UserError: another word, or a GPU that torch does not find.
    """
    kind, colon, number = requested.partition(":")
    is_numbered = kind == GPU and bool(colon) and number.isascii() and number.isdigit()
    if requested not in (AUTO, CPU, GPU) and not is_numbered:
        raise UserError(f"device is {requested!r}; must be {ALLOWED}")
    if requested == CPU or (requested == AUTO and not any(drivers.glob("nvidia[0-9]*"))):
        return (CPU,)
    count, version = _query_gpus()
    if requested == AUTO:
        return tuple(f"{GPU}:{i}" for i in range(count)) or (CPU,)
    numbers = range(count) if requested == GPU else (int(number),)
    if not count or numbers[0] >= count:
        available = "no GPU" if not count else f"{count} GPU{'s' * (count > 1)}, cuda:0 to cuda:{count - 1}"
        raise UserError(
            f"device is {requested!r}; torch {version} finds {available} on this machine; must be {ALLOWED}"
        )
    return tuple(f"{GPU}:{i}" for i in numbers)


def count_gpus() -> tuple[int, str]:
    """Return how many GPUs torch finds, and its version."""
    import torch

    return torch.cuda.device_count(), torch.__version__


@cache
def _query_gpus() -> tuple[int, str]:
    """Call `count_gpus` in another process: this one never imports torch."""
    with closing(call_in_processes(count_gpus, [()], 1, GPU_SECONDS)) as outcomes:
        for _, outcome in outcomes:
            if isinstance(outcome, tuple):
                return outcome
            raise UserError(f"torch cannot look for GPUs: {outcome.reason}")
    raise UserError(f"torch cannot look for GPUs: no answer after {GPU_SECONDS:.0f} s; use device=cpu")


def call_on_devices(
    function: Callable[..., Any], calls: Iterable[tuple[Any, ...]], slots: Sequence[str], seconds: float | None = None
) -> Generator[tuple[int, Any]]:
    """Do the same as `call_in_processes`, one call per slot at a time; the slot's device is the first argument."""
    free, taken = list(slots), {}

    def with_device() -> Iterator[tuple[Any, ...]]:
        for place, arguments in enumerate(calls):
            taken[place] = free.pop(0)
            yield taken[place], *arguments

    with closing(call_in_processes(function, with_device(), len(slots), seconds)) as outcomes:
        for place, outcome in outcomes:
            free.append(taken.pop(place))
            yield place, outcome


def group_into_slots(devices: Sequence[str], processes: int) -> tuple[str, ...]:
    """Return slots of this many devices each, for points that several processes train; a CPU is never split.

    Raises:
        UserError: there are fewer GPUs than processes.
    """
    if processes == 1 or tuple(devices) == (CPU,):
        return tuple(devices)
    if processes > len(devices):
        raise UserError(
            f"engine.processes_per_point is {processes}; must be at most {len(devices)}, the number of GPUs of "
            "this machine that device=... selects: each process needs one"
        )
    used = len(devices) // processes * processes
    return tuple(JOINED.join(devices[start : start + processes]) for start in range(0, used, processes))


def devices_of_slot(slot: str, processes: int) -> tuple[str, ...]:
    """Return the device of each process of a slot."""
    return (CPU,) * processes if slot == CPU else tuple(slot.split(JOINED))
