"""Settings of an engine for points that several processes train together, shared by all engines of this package."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.errors import UserError
from scaling_lab.study.context import SweepContext
from scaling_lab.study.executors.devices import CPU
from scaling_lab.validation import is_integer

MAX_PROCESSES = 1024


@dataclass(frozen=True, kw_only=True)
class ProcessesPerPoint:
    """How many processes train a point.

    Attributes:
        processes_per_point: processes that train a point together, each on its own core or GPU.
        sync_batch_norm: batch norm computes its statistics over the images of all processes; on GPUs only.
    """

    processes_per_point: int = 1
    sync_batch_norm: bool = False

    @property
    def processes(self) -> int:
        """Number of processes of a point in all."""
        return self.processes_per_point * self.nodes

    @property
    def nodes(self) -> int:
        """Number of nodes that a point is trained on."""
        return 1

    def process_errors(self) -> Iterator[str]:
        """Yield for each value outside its range."""
        is_in_range = is_integer(self.processes_per_point, 1, MAX_PROCESSES)
        if not is_in_range:
            yield (
                f"processes_per_point is {self.processes_per_point!r}; must be an integer from 1 to {MAX_PROCESSES}: "
                "the processes that train one point"
            )
        if not isinstance(self.sync_batch_norm, bool):
            yield f"sync_batch_norm is {self.sync_batch_norm!r}; must be true or false"
        elif self.sync_batch_norm and is_in_range and self.processes == 1:
            yield (
                "sync_batch_norm is true and processes_per_point is 1; one process always computes batch norm over all "
                "images that are in memory at once: set processes_per_point to at least 2, or leave it false"
            )

    def check_points(self, sweep: SweepContext) -> None:
        """Raise UserError if the batch of a remaining point has fewer images than there are processes."""
        batch = min((planned.point.recipe.batch for planned in sweep.remaining.values()), default=None)
        if batch is not None and batch < self.nodes:
            raise UserError(
                f"engine.nodes_per_point is {self.nodes}; must be at most {batch}, so that of the {batch} images of "
                "the smallest batch each node has one"
            )
        if batch is not None and batch < self.processes:
            on_nodes = f" on each of {self.nodes} nodes" if self.nodes > 1 else ""
            raise UserError(
                f"engine.processes_per_point is {self.processes_per_point}{on_nodes}; must be at most "
                f"{batch // self.nodes}, so that of the {batch} images of the smallest batch each process has one"
            )

    def check_devices(self, devices: Sequence[str], cores: int) -> None:
        """Raise UserError if there are fewer cores than processes, or for synchronized batch norm on a CPU."""
        if tuple(devices) != (CPU,):
            return
        if self.processes_per_point > cores:
            raise UserError(
                f"engine.processes_per_point is {self.processes_per_point}; must be at most {cores}, the cores that "
                "may be used: each process needs one"
            )
        if self.sync_batch_norm:
            raise UserError("engine.sync_batch_norm is true; must be false on a CPU: torch has it for GPUs only")

    def execution(self, sweep: SweepContext) -> ExecutionOptions:
        """Return how the sweep's points are executed."""
        return replace(
            sweep.execution, processes=self.processes, nodes=self.nodes, sync_batch_norm=self.sync_batch_norm
        )

    def notes(self) -> tuple[str, ...]:
        """Return what a plan says about it; nothing for one process."""
        if self.processes == 1:
            return ()
        kind = "synchronized" if self.sync_batch_norm else "local"
        on_nodes = f" on {self.nodes} nodes" if self.nodes > 1 else ""
        return (f"each point is trained by {self.processes} processes{on_nodes}, with {kind} batch norm",)
