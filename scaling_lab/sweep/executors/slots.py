"""Calls on devices: each slot is a device for one call at a time, and may be one of several on its device."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

from scaling_lab.sweep.executors.processes import call_in_processes


def call_on_devices(
    function: Callable[..., Any], calls: Iterable[tuple[Any, ...]], slots: Sequence[str]
) -> Generator[tuple[int, Any]]:
    """As `call_in_processes`, a call in each slot at a time; the call's device comes before its own arguments."""
    free, taken = list(slots), {}

    def placed() -> Iterator[tuple[Any, ...]]:
        for place, arguments in enumerate(calls):
            taken[place] = free.pop(0)
            yield taken[place], *arguments

    with closing(call_in_processes(function, placed(), len(slots))) as ended:
        for place, outcome in ended:
            free.append(taken.pop(place))
            yield place, outcome
