"""What makes a host wait for its device, caught without one."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class NoWaiting(TorchDispatchMode):
    """While active, an operation that goes from one device to another raises AssertionError.

    For tensors on the meta device: reading a number out of one raises by itself, and all that is left on the CPU are
    numbers that the host keeps in tensors. Copying one of those to a GPU waits for all that the GPU has still to do.
    """

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        devices = {leaf.device.type for leaf in tree_leaves((args, kwargs, out)) if isinstance(leaf, Tensor)}
        assert len(devices) < 2, f"{func} goes between {devices}"
        return out
