"""Options of a whole sweep: its name, what to do, on which devices, and its limits. No torch, no Hydra."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.errors import UserError, UserErrors, unknown_name
from scaling_lab.validation import is_integer, is_number

AUDIT = "audit"
SETTLE = "settle"
ACTIONS = ("run", "plan", "status", SETTLE, AUDIT)
REFUSE, EXTEND, REPLACE = ON_OTHER_PLAN = ("refuse", "extend", "replace")
SKIP = "skip"
INFEASIBLE = (REFUSE, SKIP)
TRACKERS = ("none", "csv", "tensorboard", "mlflow", "wandb")
MAX_BUDGET_HOURS = 100_000
MAX_DELTA = 100  # percentage points
MAX_NAME_BYTES = 200  # file systems allow 255
INTEGER_RANGES = {
    "workers": (1, 10_000),
    "workers_per_device": (1, 1_000),
    "max_failures": (0, 1_000_000),
    "max_seeds": (3, 10_000),
}
NEVER_NULL = ("workers_per_device", "max_seeds")
DEFAULT_EXECUTION = ExecutionOptions()


@dataclass(frozen=True)
class SweepOptions:
    """Options of a whole sweep.

    Attributes:
        name: results go to `results`/`name`, the report to `reports`/`name`.
        do: one of `ACTIONS`.
        device: "auto", "cpu", "cuda" for all GPUs, or one of them such as "cuda:0".
        workers: training processes of this machine, at most 10,000; None is one per core, or `workers_per_device` on
            each GPU.
        workers_per_device: training processes that share a GPU, at most 1,000.
        execution: how points are executed; its device is chosen for each worker.
        max_failures: stop when more points than this have failed; None never stops.
        budget_hours: train only complete comparisons that are forecast to fit into this time; None trains all.
        same_version: refuse to combine results of other code or another torch.
        above_native: allow input sides above the dataset's own.
        infeasible: what to do with questions that no network answers: one of `INFEASIBLE`.
        delta: smallest difference of two rules that matters, in percentage points above 0 and below 100; None if not
            given.
        contrasts: pairs of rules to test, such as "compound-width"; empty for all pairs.
        max_seeds: most seeds of a network that `do=settle` trains, 3 to 10,000.
        trust: run the file of code that the family names.
        on_other_plan: what to do if the folder's plan has questions with results that this sweep lacks: one of
            `ON_OTHER_PLAN`.
        tracker: where the sweep writes its runs in addition to the results folder: one of `TRACKERS`.
        results: parent folder of results.
        reports: parent folder of reports.

    Raises:
        UserErrors: values outside their range.
    """

    name: str
    do: str = "run"
    device: str = "cpu"
    workers: int | None = None
    workers_per_device: int = 1
    execution: ExecutionOptions = DEFAULT_EXECUTION
    max_failures: int | None = None
    budget_hours: float | None = None
    same_version: bool = False
    above_native: bool = False
    infeasible: str = REFUSE
    delta: float | None = None
    contrasts: tuple[str, ...] = ()
    max_seeds: int = 40
    trust: bool = False
    on_other_plan: str = REFUSE
    tracker: str = "none"
    results: Path = Path("results")
    reports: Path = Path("reports")

    def __post_init__(self) -> None:
        if errors := list(self._errors()):
            raise UserErrors(errors)

    def _errors(self) -> Iterator[str]:
        if not isinstance(self.name, str) or not re.fullmatch(r"[A-Za-z0-9][\w.+-]*", self.name):
            yield f"name is {self.name!r}; must start with a letter or digit, then letters, digits, and . _ + -"
        elif len(self.name.encode()) > MAX_NAME_BYTES:
            yield f"name has {len(self.name.encode())} bytes; must have at most {MAX_NAME_BYTES}"
        if self.do not in ACTIONS:
            yield str(unknown_name("do", str(self.do), ACTIONS))
        choices = {"on_other_plan": ON_OTHER_PLAN, "infeasible": INFEASIBLE, "tracker": TRACKERS}
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                yield str(unknown_name(name, str(getattr(self, name)), allowed))
        for name, (low, high) in INTEGER_RANGES.items():
            value, is_optional = getattr(self, name), name not in NEVER_NULL
            if not (value is None and is_optional) and not is_integer(value, low, high):
                yield f"{name} is {value!r}; must be an integer from {low} to {high}{', or null' * is_optional}"
        for name in ("above_native", "same_version", "trust"):
            if not isinstance(getattr(self, name), bool):
                yield f"{name} is {getattr(self, name)!r}; must be true or false"
        try:
            check_delta("delta", self.delta)
        except UserError as error:
            yield str(error)
        if any(not isinstance(contrast, str) for contrast in self.contrasts):
            yield f"contrasts is {list(self.contrasts)!r}; must be pairs of rules such as compound-width,compound-depth"
        hours = self.budget_hours
        if hours is not None and (not is_number(hours) or not 0 < hours <= MAX_BUDGET_HOURS):
            yield f"budget_hours is {hours!r}; must be a number above 0 and up to {MAX_BUDGET_HOURS}, or null"


def check_delta(name: str, delta: object) -> float | None:
    """Return a smallest difference that matters, in percentage points, or None.

    Args:
        name: name of the setting or option, for the message.
        delta: the value.

    Raises:
        UserError: it is neither None nor a number above 0 and below 100.
    """
    if delta is None:
        return None
    if not is_number(delta) or not 0 < delta < MAX_DELTA:
        raise UserError(f"{name} is {repr(delta)[:80]}; must be percentage points above 0 and below {MAX_DELTA}")
    return float(delta)
