"""Options of how points are executed. They are not part of a point's key; a result records those that matter."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from scaling_lab.errors import UserErrors, unknown_name
from scaling_lab.validation import is_number

MAX_CHECKPOINT_MINUTES = 10_000
MIN_LEASE_SECONDS, MAX_LEASE_SECONDS = 1, 86_400

LogKind = Literal["csv", "tensorboard", "none"]


@dataclass(frozen=True)
class ExecutionOptions:
    """Options for executing a point.

    Attributes:
        device: "cpu", or one GPU such as "cuda:0".
        deterministic: same bits every time on a GPU too, more slowly. A CPU is always deterministic.
        compiled: run training steps through `torch.compile`.
        checkpoint_minutes: minutes between two checkpoints of a training; 0 writes one after every step.
        lease_seconds: a worker that is silent for longer may be replaced.
        log: what is written per point and epoch to results/<study>/logs: a CSV file, TensorBoard events, or nothing.
        keep_weights: keep the weights of each point in results/<study>/weights.
        processes: processes that train a point together, each with a part of every batch.
        nodes: nodes of a Slurm job that these processes are spread over, as many on each.
        sync_batch_norm: batch norm computes its statistics over the images of all processes; on GPUs only.
        code: the only version of the code (`store.code_version.CODE`) that may train, and whose checkpoints are
            resumed; None allows any version.

    Raises:
        UserErrors: values outside their range.
    """

    device: str = "cpu"
    deterministic: bool = False
    compiled: bool = False
    checkpoint_minutes: float = 1.0
    lease_seconds: float = 60.0
    log: LogKind = "csv"
    keep_weights: bool = False
    processes: int = 1
    nodes: int = 1
    sync_batch_norm: bool = False
    code: str | None = None

    def __post_init__(self) -> None:
        if errors := list(self._errors()):
            raise UserErrors(errors)

    def _errors(self) -> Iterator[str]:
        for name in ("deterministic", "compiled", "keep_weights"):
            if not isinstance(getattr(self, name), bool):
                yield f"{name} is {getattr(self, name)!r}; must be true or false"
        if self.log not in get_args(LogKind):
            yield str(unknown_name("log", str(self.log), get_args(LogKind)))
        ranges = {
            "checkpoint_minutes": (0, MAX_CHECKPOINT_MINUTES),
            "lease_seconds": (MIN_LEASE_SECONDS, MAX_LEASE_SECONDS),
        }
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not is_number(value) or not low <= value <= high:
                yield f"{name} is {value!r}; must be a number from {low} to {high}"
