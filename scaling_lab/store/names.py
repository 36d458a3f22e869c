"""Names of the files of a results folder, and the parts that they consist of. No torch."""

import re
from typing import NamedTuple

MAX_NUMBER = 10**6 - 1
_KEY, _NUMBER = "(?P<key>[0-9a-z]{1,64})", f"(?P<number>[1-9][0-9]{{0,{len(str(MAX_NUMBER)) - 1}}})"
_RESULT = re.compile(rf"{_KEY}\.json", re.ASCII)
_FAILURE = re.compile(rf"{_KEY}\.failed\.{_NUMBER}\.json", re.ASCII)
_LEASE = re.compile(rf"{_KEY}\.{_NUMBER}", re.ASCII)
_CHECKPOINT = re.compile(rf"{_KEY}\.(?P<number>[0-9]{{9,18}})\.checkpoint", re.ASCII)


class Numbered(NamedTuple):
    """The key of a point and the number in the name of its failure, lease or checkpoint (its step)."""

    key: str
    number: int


def result_name(key: str) -> str:
    """Return the name of a point's result."""
    return f"{key}.json"


def failure_name(key: str, number: int) -> str:
    """Return the name of a point's n-th failure."""
    return f"{key}.failed.{number}.json"


def lease_name(key: str, number: int) -> str:
    """Return the name of a point's n-th lease."""
    return f"{key}.{number}"


def checkpoint_name(key: str, step: int) -> str:
    """Return the name of a point's checkpoint after a step."""
    return f"{key}.{step:09d}.checkpoint"


def point_of_file(name: str) -> str | None:
    """Return the key of the point that a result, broken result, failure or checkpoint belongs to; None for others."""
    numbered = parse_failure_name(name) or parse_checkpoint_name(name)
    return numbered.key if numbered else parse_result_name(name.partition(".broken.")[0])


def parse_result_name(name: str) -> str | None:
    """Return the key of a result's name; None for another name."""
    match = _RESULT.fullmatch(name)
    return match["key"] if match else None


def parse_failure_name(name: str) -> Numbered | None:
    """Return the parts of a failure's name; None for another name."""
    return _parse(_FAILURE, name)


def parse_lease_name(name: str) -> Numbered | None:
    """Return the parts of a lease's name; None for another name."""
    return _parse(_LEASE, name)


def parse_checkpoint_name(name: str) -> Numbered | None:
    """Return the parts of a checkpoint's name; None for another name."""
    return _parse(_CHECKPOINT, name)


def _parse(pattern: "re.Pattern[str]", name: str) -> Numbered | None:
    match = pattern.fullmatch(name)
    return Numbered(match["key"], int(match["number"])) if match else None
