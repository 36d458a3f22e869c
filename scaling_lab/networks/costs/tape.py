"""Tensors as sizes and holders: what is live in a forward and a backward pass, and the most that ever was.

A holder is whoever keeps a tensor from being freed: a frame of Python, a node of the autograd graph that saved it, or,
in the backward pass, the place where a gradient waits. Nothing is computed. Sizes are floats a picture.
"""

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Storage:
    """Memory of `size` floats, freed when the last holder lets go. `plain`: its order is not channels-last."""

    size: int
    plain: bool = False
    holders: int = 1


@dataclass(slots=True, eq=False)
class TensorValue:
    """What goes from layer to layer: a map, the memory it is in, and its gradient while that waits."""

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
    """A step of the backward pass: from the gradient of `output` to those of `inputs`, each a new tensor.

    What is `saved` is let go when the step is done; `scratch` floats are live only during it. `follows`: the new
    gradients are in the memory order of the given one. `passes`: they are the given one (an addition, a view).
    """

    output: TensorValue
    inputs: tuple[TensorValue, ...]
    saved: tuple[Storage, ...]
    scratch: int
    follows: bool
    passes: bool


class Tape:
    """What is live now, the most that was since `peak` was last set and, in training, the tape of nodes."""

    def __init__(self, training: bool) -> None:
        self.training = training
        self.live = self.peak = 0
        self._tape: list[TapeNode] = []

    def new(self, size: int, plain: bool = False) -> Storage:
        """Allocate; the caller is the holder."""
        self.live += size
        self.peak = max(self.peak, self.live)
        return Storage(size, plain)

    def hold(self, storage: Storage) -> Storage:
        """One holder more."""
        storage.holders += 1
        return storage

    def release(self, *storages: Storage) -> None:
        """One holder less; the last one frees."""
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
        """Put a node on the tape, to which the caller hands its hold of `saved`; without training just release it."""
        if self.training:
            self._tape.append(TapeNode(output, inputs, saved, scratch, follows, passes))
        else:
            self.release(*saved)

    def backward(self) -> None:
        """Run the nodes from the last made to the first, as torch's engine does. The first has no gradient given."""
        for node in reversed(self._tape):
            self._run(node, node.output.grad or self.new(0))

    def _run(self, node: TapeNode, given: Storage) -> None:
        wanted = [value for value in node.inputs if value.wants_grad]
        if node.passes:
            grads = [self.hold(given) for _ in wanted]
        else:
            plain = node.follows and (given.plain or node.output.side == 1)
            grads = [self.new(value.size, plain) for value in wanted]
        if node.follows or not given.plain:  # batch norm goes another way, without scratch, from the plain order
            self.release(self.new(node.scratch))
        self.release(given, *node.saved)
        for value, grad in zip(wanted, grads, strict=True):
            self._add(value, grad)

    def _add(self, value: TensorValue, grad: Storage) -> None:
        """Gradients that meet are summed in the memory of the first, unless someone else holds that too."""
        first = value.grad
        if first is None:
            value.grad = grad
            return
        if first.holders > 1:
            value.grad = self.new(value.size)
            self.release(first)
        self.release(grad)
