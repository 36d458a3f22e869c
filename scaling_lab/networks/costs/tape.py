"""Live memory of a forward and a backward pass: tensors as sizes with reference counts. Nothing is computed.

A tensor is held by a frame of Python, by an autograd node that saved it or, in the backward pass, by a pending
gradient; it is freed with its last holder. Sizes are floats per image.
"""

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Storage:
    """Memory of a tensor.

    Attributes:
        size: Floats.
        plain: The memory order is not channels-last.
        holders: Reference count; the memory is freed at 0.
    """

    size: int
    plain: bool = False
    holders: int = 1


@dataclass(slots=True, eq=False)
class TensorValue:
    """A map between two layers, its memory, and its gradient while that is pending."""

    storage: Storage
    channels: int
    side: int
    wants_grad: bool = True
    grad: Storage | None = None

    @property
    def size(self) -> int:
        return self.channels * self.side**2


@dataclass(slots=True, eq=False)
class TapeNode:
    """A step of the backward pass, from the gradient of `output` to those of `inputs`.

    Attributes:
        saved: Tensors that are released after the step.
        scratch: Floats that are live only during the step.
        follows: The new gradients have the memory order of the incoming one.
        passes: The gradients are the incoming one itself (an addition or a view), not new tensors.
    """

    output: TensorValue
    inputs: tuple[TensorValue, ...]
    saved: tuple[Storage, ...]
    scratch: int
    follows: bool
    passes: bool


class Tape:
    """Live floats, their peak and, in training, the recorded nodes of the backward pass."""

    def __init__(self, training: bool) -> None:
        self.training = training
        self.live = self.peak = 0
        self._tape: list[TapeNode] = []

    def new(self, size: int, plain: bool = False) -> Storage:
        """Allocate memory that the caller holds."""
        self.live += size
        self.peak = max(self.peak, self.live)
        return Storage(size, plain)

    def hold(self, storage: Storage) -> Storage:
        """Add a holder."""
        storage.holders += 1
        return storage

    def release(self, *storages: Storage) -> None:
        """Remove a holder of each; without holders the memory is freed."""
        for storage in storages:
            storage.holders -= 1
            if not storage.holders:
                self.live -= storage.size

    def record(
        self,
        output: TensorValue,
        inputs: tuple[TensorValue, ...],
        saved: tuple[Storage, ...] = (),
        scratch: int = 0,
        follows: bool = False,
        passes: bool = False,
    ) -> None:
        """Record a node, which takes over the caller's hold of `saved`. Outside training only release `saved`."""
        if self.training:
            self._tape.append(TapeNode(output, inputs, saved, scratch, follows, passes))
        else:
            self.release(*saved)

    def backward(self) -> None:
        """Run the nodes from the last recorded to the first, as torch's engine does."""
        for node in reversed(self._tape):
            self._run_node(node, node.output.grad or self.new(0))

    def _run_node(self, node: TapeNode, given: Storage) -> None:
        inputs = [value for value in node.inputs if value.wants_grad]
        if node.passes:
            grads = [self.hold(given) for _ in inputs]
        else:
            plain = node.follows and (given.plain or node.output.side == 1)
            grads = [self.new(value.size, plain) for value in inputs]
        if node.follows or not given.plain:  # for a plain gradient, batch norm uses another kernel, without scratch
            self.release(self.new(node.scratch))
        self.release(given, *node.saved)
        for value, grad in zip(inputs, grads, strict=True):
            self._add_gradient(value, grad)

    def _add_gradient(self, value: TensorValue, grad: Storage) -> None:
        """Add a gradient. Sums are in the memory of the first gradient, unless it has another holder."""
        first = value.grad
        if first is None:
            value.grad = grad
            return
        if first.holders > 1:
            value.grad = self.new(value.size)
            self.release(first)
        self.release(grad)
