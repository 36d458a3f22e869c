"""Averaged weights: what is evaluated in place of the last weights."""

from collections.abc import Mapping
from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


class EMA:
    """Exponential moving average of a module's weights and batch-norm statistics, from its initial weights on.

    The decay of update t, counted from 1, is min(decay, (1 + t) / (10 + t)), as in TensorFlow's
    `tf.train.ExponentialMovingAverage` with the step as `num_updates`: early averages forget the initial weights.
    Whole numbers (batches seen) are copied. The arithmetic is torch's own. Its AveragedModel is not used: it keeps the
    number of updates in a tensor, so that each update waits for the device.

    `module` is the average, in evaluation mode, on the device of the module that it was made from.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.module = deepcopy(module).eval().requires_grad_(False)
        self._decay = decay
        self._updates = 0

    def update(self, module: nn.Module) -> None:
        """Takes in the weights after an optimiser step."""
        self._updates += 1
        decay = min(self._decay, (1 + self._updates) / (10 + self._updates))
        average, current = _tensors(self.module), _tensors(module)
        get_ema_multi_avg_fn(decay)(average[0], current[0], self._updates)
        if average[1]:
            torch._foreach_copy_(average[1], current[1])

    def state_dict(self) -> dict[str, Tensor]:
        """Everything that the next update depends on but the decay: tensors only, the average's not copied."""
        weights = {f"module.{name}": value for name, value in self.module.state_dict().items()}
        return {"updates": torch.tensor(self._updates), **weights}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Takes over what `state_dict` gave, exactly. Raises RuntimeError where it is of another network."""
        weights = {name.removeprefix("module."): value for name, value in state.items() if name != "updates"}
        self.module.load_state_dict(weights)
        self._updates = int(state["updates"])


def _tensors(module: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """Weights and statistics, then whole numbers, in the module's order."""
    every = [*module.parameters(), *module.buffers()]
    return [t.detach() for t in every if t.is_floating_point()], [t for t in every if not t.is_floating_point()]
