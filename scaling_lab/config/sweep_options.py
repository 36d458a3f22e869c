"""What is to be done with the questions of a sweep, where, and on what. No torch, no Hydra."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from scaling_lab.config.cores import usable_cores
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.errors import ErrorCollector, UserErrors, unknown_name
from scaling_lab.store.code_version import CODE_DIGEST
from scaling_lab.sweep.executors.devices import CPU, resolve_devices
from scaling_lab.sweep.executors.local import Local
from scaling_lab.sweep.executors.slurm import Slurm
from scaling_lab.validation import is_number

AUDIT = "audit"
MOST_HOURS = 100_000
LONGEST = 200  # bytes of a name: file systems take 255
Engine = Local | Slurm
LOCAL = Local()
DO = ("run", "plan", "status", AUDIT)


@dataclass(frozen=True)
class SweepOptions:
    """What is to be done with questions, and where.

    device: as `engine.devices` takes it. workers: training processes; None is one a core, or `workers_per_device` on
    each GPU. deterministic, compiled, checkpoint_minutes, lease_seconds: as in `ExecutionOptions`. engine: who trains.
    max_failures: a sweep is stopped when more points than that have failed; None is never. budget_hours: no more is
    trained than fits in so many hours. same_version: results of other code or another torch are not taken together.
    Raises UserErrors for values outside their range.
    """

    name: str
    do: str = "run"
    device: str = "cpu"
    workers: int | None = None
    workers_per_device: int = 1
    deterministic: bool = False
    compiled: bool = False
    checkpoint_minutes: float = 1.0
    lease_seconds: float = 60.0
    engine: Engine = LOCAL
    max_failures: int | None = None
    budget_hours: float | None = None
    same_version: bool = False
    above_native: bool = False
    results: Path = Path("results")
    reports: Path = Path("reports")

    def __post_init__(self) -> None:
        if wrong := list(self._wrong()):
            raise UserErrors(wrong)

    def _wrong(self) -> Iterator[str]:
        if not isinstance(self.name, str) or not re.fullmatch(r"[A-Za-z0-9][\w.+-]*", self.name):
            yield f"name is {self.name!r}; it must be letters, digits, and . _ + - after the first"
        elif len(self.name.encode()) > LONGEST:
            yield f"name has {len(self.name.encode())} bytes; it must have no more than {LONGEST}"
        if self.do not in DO:
            yield str(unknown_name("do", str(self.do), DO))
        for name, least in {"workers": 1, "workers_per_device": 1, "max_failures": 0}.items():
            value, may_be_none = getattr(self, name), name != "workers_per_device"
            if not (value is None and may_be_none) and (type(value) is not int or value < least):
                yield f"{name} is {value!r}; it must be a whole number of at least {least}{', or null' * may_be_none}"
        for name in ("above_native", "same_version"):
            if not isinstance(getattr(self, name), bool):
                yield f"{name} is {getattr(self, name)!r}; it must be true or false"
        if self.workers is not None and isinstance(self.engine, Slurm):
            yield "workers is of this machine; engine=slurm has engine.workers, or engine.gpus and workers_per_device"
        hours = self.budget_hours
        if hours is not None and (not is_number(hours) or not 0 < hours <= MOST_HOURS):
            yield f"budget_hours is {hours!r}; it must be a number above 0 and up to {MOST_HOURS}, or null"
        running = ErrorCollector()
        with running.collect():
            _ = self.running
        yield from running.messages

    @property
    def running(self) -> ExecutionOptions:
        """How points are run, but for the device."""
        return ExecutionOptions(
            deterministic=self.deterministic,
            compiled=self.compiled,
            checkpoint_minutes=self.checkpoint_minutes,
            lease_seconds=self.lease_seconds,
            code=CODE_DIGEST if self.same_version is True else None,
        )

    def slots(self) -> tuple[str, ...]:
        """The device of each worker. Raises UserError for a device that is not there."""
        found = resolve_devices(str(self.device))
        usual = usable_cores() if found == (CPU,) else len(found) * self.workers_per_device
        return tuple(islice(cycle(found), self.workers or usual))
