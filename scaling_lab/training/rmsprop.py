"""RMSProp as in TensorFlow. torch's version differs in three places, and the recipes are tuned to TensorFlow's."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor


class RMSProp(torch.optim.Optimizer):
    """`tf.train.RMSPropOptimizer` (tensorflow/python/training/rmsprop.py) with L2 in the gradient.

    For each weight w with gradient g:

        g = g + weight_decay * w
        mean_square = square_decay * mean_square + (1 - square_decay) * g * g      (1 at the start)
        velocity = momentum * velocity + lr * g / sqrt(mean_square + eps)          (0 at the start)
        w = w - velocity

    In torch.optim.RMSprop the mean square starts at 0, eps is outside the root, and the learning rate multiplies the
    whole velocity, including the contribution of older gradients. No step waits for the device.

    Args:
        params: Parameters, or parameter groups as for any torch optimizer.
        lr: Learning rate, a number and not a tensor. TensorFlow has no default either.
        square_decay: Decay of the mean square; TensorFlow's default.
        momentum: Momentum; TensorFlow's default.
        eps: Added inside the square root; TensorFlow's default.
        weight_decay: L2 coefficient; TensorFlow's optimizer has none.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float,
        square_decay: float = 0.9,
        momentum: float = 0.0,
        eps: float = 1e-10,
        weight_decay: float = 0.0,
    ) -> None:
        defaults = {"square_decay": square_decay, "momentum": momentum, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, {"lr": lr, **defaults})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient."""
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if weights:
                self._step(weights, group)

    def _step(self, weights: list[Tensor], group: dict[str, Any]) -> None:
        states = [self._state(weight) for weight in weights]
        mean_squares = [state["mean_square"] for state in states]
        velocities = [state["velocity"] for state in states]
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        if group["weight_decay"]:
            gradients = list(torch._foreach_add(gradients, weights, alpha=group["weight_decay"]))
        torch._foreach_mul_(mean_squares, group["square_decay"])
        torch._foreach_addcmul_(mean_squares, gradients, gradients, value=1 - group["square_decay"])
        roots = torch._foreach_add(mean_squares, group["eps"])
        torch._foreach_sqrt_(roots)
        torch._foreach_mul_(velocities, group["momentum"])
        torch._foreach_addcdiv_(velocities, gradients, roots, value=group["lr"])
        torch._foreach_sub_(weights, velocities)

    def _state(self, weight: Tensor) -> dict[str, Tensor]:
        state: dict[str, Tensor] = self.state[weight]
        if not state:
            state["mean_square"] = torch.ones_like(weight)
            state["velocity"] = torch.zeros_like(weight)
        return state
