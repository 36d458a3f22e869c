"""Exponential moving average (EMA) of weights, evaluated in place of the last weights."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import cast

import torch
from torch import Tensor, nn
from torch.optim import swa_utils

MultiAverage = Callable[[list[Tensor], list[Tensor], int], None]


class EMA:
    """Exponential moving average of a module's weights and batch-norm statistics, starting at its initial weights.

    The decay of update t, counted from 1, is min(decay, (1 + t) / (10 + t)), as in TensorFlow's
    `tf.train.ExponentialMovingAverage` with the step as `num_updates`: early averages forget the initial weights.
    Integer buffers (number of batches) are copied. The arithmetic is torch's own. Its AveragedModel is not used because
    it keeps the number of updates in a tensor, so that each update waits for the device.

    Args:
        module: Module to average.
        decay: Upper limit of the decay.

    Attributes:
        module: The average, in evaluation mode, on the device of the averaged module.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.module = deepcopy(module).eval().requires_grad_(False)
        self._decay = decay
        self._updates = 0

    def update(self, module: nn.Module) -> None:
        """Update the average with the weights after an optimizer step."""
        self._updates += 1
        decay = min(self._decay, (1 + self._updates) / (10 + self._updates))
        average, current = _split_tensors(self.module), _split_tensors(module)
        update_average = cast(MultiAverage, swa_utils.get_ema_multi_avg_fn(decay))  # type: ignore[no-untyped-call]
        update_average(average[0], current[0], self._updates)
        if average[1]:
            torch._foreach_copy_(average[1], current[1])

    def state_dict(self) -> dict[str, Tensor]:
        """Return everything that the next update depends on except the decay: tensors, not copied."""
        weights = {f"module.{name}": value for name, value in self.module.state_dict().items()}
        return {"updates": torch.tensor(self._updates), **weights}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Restore exactly what `state_dict` returned.

        Raises:
            RuntimeError: If the state belongs to another network.
        """
        weights = {name.removeprefix("module."): value for name, value in state.items() if name != "updates"}
        self.module.load_state_dict(weights)
        self._updates = int(state["updates"])


def _split_tensors(module: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """Return floating-point weights and statistics, then integer buffers, in the module's order."""
    tensors = [*module.parameters(), *module.buffers()]
    return [t.detach() for t in tensors if t.is_floating_point()], [t for t in tensors if not t.is_floating_point()]
