"""Several processes that train one point together: the same global batch, a slice of it in each process.

Transport is torch's: DistributedDataParallel averages gradients, gloo or nccl carries them. The processes draw the same
random numbers for batches, so that a batch does not depend on their number.
"""

import os
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
import torch
from torch import Tensor, distributed, nn
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

T = TypeVar("T")
GPU_STEPS_BETWEEN_AGREEMENTS = 10  # an agreement waits for the slowest process; a GPU is fed steps ahead of time


@dataclass(frozen=True)
class ProcessGroup:
    """The processes that train one point; with a single one every method returns its input.

    Methods that communicate are collectives: all processes call them in the same order.

    Attributes:
        rank: Number of this process, from 0. Process 0 writes checkpoints, logs and the result.
        size: Number of processes.
        sync_batch_norm: Whether batch norm computes its statistics over the images of all processes.
        agree_every: Steps between two agreements on whether to stop.
    """

    rank: int = 0
    size: int = 1
    sync_batch_norm: bool = False
    agree_every: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes checkpoints, logs and the result."""
        return self.rank == 0

    def own_slice(self, count: int) -> slice:
        """Return the rows of this process of `count` rows, split as `torch.tensor_split` does."""
        rows, larger = divmod(count, self.size)
        start = self.rank * rows + min(self.rank, larger)
        return slice(start, start + rows + (self.rank < larger))

    def sum(self, tensor: Tensor) -> Tensor:
        """Return the sum over processes."""
        if self.size > 1:
            distributed.all_reduce(tensor)
        return tensor

    def any(self, *flags: bool) -> tuple[bool, ...]:
        """Return for each flag whether it is true in any process."""
        if self.size == 1:
            return flags
        return tuple(bool(count) for count in self.sum(torch.tensor(flags, dtype=torch.int32)))

    def gather(self, value: T) -> list[T]:
        """Return the values of all processes, by rank."""
        if self.size == 1:
            return [value]
        values: list[T | None] = [None] * self.size
        distributed.all_gather_object(values, value)
        return cast(list[T], values)

    def from_first(self, values: Iterator[T]) -> Iterator[T]:
        """Yield the values that process 0 has; the iterators of the others are not used."""
        while True:
            box = [next(values, None) if self.is_first else None]
            if self.size > 1:
                distributed.broadcast_object_list(box)
            if box[0] is None:
                return
            yield box[0]

    def share_buffers(self, module: nn.Module) -> None:
        """Give all processes the buffers of process 0: running statistics are local."""
        if self.size > 1:
            for buffer in module.buffers():
                distributed.broadcast(buffer, 0)

    def convert(self, module: nn.Module) -> nn.Module:
        """Return the module with torch's SyncBatchNorm in place of batch norm, if `sync_batch_norm`."""
        if not self.sync_batch_norm:
            return module
        return cast(nn.Module, nn.SyncBatchNorm.convert_sync_batchnorm(module))  # type: ignore[no-untyped-call]

    def wrap(self, module: nn.Module, images: Tensor) -> nn.Module:
        """Return the module to call in training: in several processes, one whose gradients are averaged.

        Args:
            module: Module whose parameters and buffers become those of process 0.
            images: Some input.
        """
        if self.size == 1:
            return module
        device = next(module.parameters()).device
        ids = [device.index] if device.type == "cuda" else None
        with warnings.catch_warnings():  # its new name is not in all versions of torch
            warnings.filterwarnings("ignore", "`broadcast_buffers` is deprecated", FutureWarning)
            wrapped = DistributedDataParallel(module, device_ids=ids, broadcast_buffers=False)
        # DistributedDataParallel regroups gradients after its first step, and the order of their sums with it: a
        # training would not end in the same bits if it is resumed. So that step is taken here.
        module.eval()  # no random number, no statistics
        wrapped(images[:1]).sum().backward()
        module.train()
        module.zero_grad()
        return wrapped


ALONE = ProcessGroup()


def no_sync(module: nn.Module | None, is_last: bool) -> AbstractContextManager[object]:
    """Context manager for a micro-batch: gradients are averaged with the last one of a step."""
    if is_last or not isinstance(module, DistributedDataParallel):
        return nullcontext()
    return cast(AbstractContextManager[object], module.no_sync())


def process_seed(seed: int, rank: int) -> int:
    """Return the seed of dropout in a process: the point's own in process 0, independent ones in the others."""
    return seed if rank == 0 else int(np.random.SeedSequence((seed, rank)).generate_state(1)[0])


@contextmanager
def join_group(device: torch.device, sync_batch_norm: bool) -> Iterator[ProcessGroup]:
    """Context manager: the group of a process that torchrun started, over gloo on CPUs and nccl on GPUs."""
    is_gpu = device.type == "cuda"
    backend = "cpu:gloo,cuda:nccl" if is_gpu else "gloo"
    store, rank, size = next(rendezvous("env://"))
    attempt = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    # torchrun's store outlives a restart: without a prefix, gloo connects to the addresses of processes that ended
    store = distributed.PrefixStore(f"attempt {attempt}", store)  # type: ignore[attr-defined]
    distributed.init_process_group(
        backend, store=store, rank=rank, world_size=size, device_id=device if is_gpu else None
    )
    try:
        every = GPU_STEPS_BETWEEN_AGREEMENTS if is_gpu else 1
        yield ProcessGroup(rank, size, sync_batch_norm, every)
    finally:
        distributed.destroy_process_group()
