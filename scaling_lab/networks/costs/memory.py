"""Peak activation memory of a network per image, computed from its value: exact bytes, no torch.

The numbers are the most bytes of float32 activations that PyTorch's eager mode holds at once on the CPU for the module
of `training.module.build_module`, per image: the growth of torch's peak with a batch that is already large. Images are
channels-last, as in training. Memory that does not grow with the batch is not counted: weights, their gradients,
optimizer state, batch-norm statistics, scratch of the library. The numbers are exact for the layers of every family; a
last block that ends differently (for example in max pooling) may be off in the memory order of its gradients.

Live in inference (eval mode, no_grad): the image; the input of the current stage, block and residual or gate, because a
Python frame holds each; the input and output of the current layer. Activations work in place except for the two
sigmoids, max pooling also allocates its int64 indices, dropout and stochastic depth allocate nothing.

Live in training (forward, cross entropy, backward): the same frames, and the tensors that autograd has saved and still
needs: the inputs of convolutions, linear layers, batch norms, max pooling (and its indices) and hard sigmoids, both
factors of a gate, the outputs of ReLU and sigmoid, a copy of the input of ReLU6, SiLU and hard swish, the mask of
dropout, one number for each stochastic depth, and the log-softmax. In the backward pass: the remaining saved tensors,
the incoming gradient of a layer and its outgoing ones (twice for a batch norm, once more for a gate), and the gradient
of each residual's input until both branches have added to it. Labels (8 bytes) and the loss are not counted.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Literal, NamedTuple

from scaling_lab.networks.block_layers import Block, BlockContext
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.costs.eager_mode import walk_cross_entropy, walk_forward
from scaling_lab.networks.costs.tape import Tape, TensorValue
from scaling_lab.networks.network import Network

FLOAT_BYTES = 4  # bytes
Then = Literal["block", "pool", "loss"]


class PeakMemory(NamedTuple):
    """Peak bytes per image.

    Attributes:
        inference: Of one forward pass in eval mode.
        training: Of one training step.
    """

    inference: int
    training: int


class _Part(NamedTuple):
    """Memory of the stem, a block or the head in floats per image, in addition to what earlier parts have saved.

    Attributes:
        inference: Peak in inference.
        training: Peak in training.
        saved: Floats that the part itself saves.
        saves_output: Whether its own nodes already save its output.
        side: Side of its output.
    """

    inference: int
    training: int
    saved: int
    saves_output: bool
    side: int


class _Peak:
    """Peak of the live floats over the parts added so far."""

    def __init__(self, image: int) -> None:
        self.image = self.saved = image
        self.inference = self.training = 0

    def add(self, part: _Part, times: int = 1, stage_input: int = 0) -> None:
        """Add `times` equal parts. The last has its peak on top of what the others save.

        Args:
            stage_input: Floats of the stage's input, which a frame holds in inference. In training it is saved anyway.
        """
        self.inference = max(self.inference, self.image + stage_input + part.inference)
        self.saved += (times - 1) * part.saved
        self.training = max(self.training, self.saved + part.training)
        self.saved += part.saved


def peak_memory(network: Network) -> PeakMemory:
    """Return the peak activation memory per image at the network's side."""
    peak = _Peak(network.channels * network.side**2)
    norm, stem = (network.eps, network.momentum), network.stem
    place = BlockContext(network.channels, stem.width, stem.stride, *norm)
    part = _part(stem, place, network.side, input_saved=True, then="block", is_image=True)
    peak.add(part)
    for _, runs in groupby(_runs(network), key=itemgetter(0)):
        part = _add_stage(peak, part, runs)
    place = BlockContext(network.stages[-1].width, network.classes, 1, *norm)
    peak.add(_part(network.head, place, part.side, part.saves_output, then="loss"))
    return PeakMemory(FLOAT_BYTES * peak.inference, FLOAT_BYTES * peak.training)


def training_step_bytes(network: Network, batch: int) -> int:
    """Return the bytes of a training step with SGD and momentum in float32.

    The sum of weights, their gradients, momentum and the peak activation memory of `batch` images. Scratch of the
    library, such as a copy of a layer's weights, is not included.
    """
    return 3 * FLOAT_BYTES * network_cost(network).params + batch * peak_memory(network).training


def _runs(network: Network) -> Iterator[tuple[int, Block, BlockContext, int, Then]]:
    """Yield runs of equal blocks: stage, block, context, length, what follows.

    The memory of stochastic depth does not depend on its rate, so all blocks but the first get the same.
    """
    runs = list(network.block_runs())
    for i, (stage, block, context, count) in enumerate(runs, 1):
        drops = context._replace(drop_path=network.drop_path) if network.drop_path and i > 1 else context
        yield stage, block, drops, count, "pool" if i == len(runs) and network.head.width is None else "block"


def _add_stage(peak: _Peak, before: _Part, runs: Iterable[tuple[int, Block, BlockContext, int, Then]]) -> _Part:
    """Add the blocks of a stage and return the last."""
    stage_input = 0
    for _, block, context, count, then in runs:
        for times in (1, count - 1) if count > 1 else (1,):
            part = _part(block, context, before.side, before.saves_output, then)
            peak.add(part, times, stage_input)
            stage_input = stage_input or context.inputs * before.side**2
            before = part
    return before


@lru_cache(maxsize=50_000)
def _part(
    block: Block, context: BlockContext, side: int, input_saved: bool, then: Then, is_image: bool = False
) -> _Part:
    """Return the memory of a block from a walk in inference, and one forwards and backwards in training.

    Args:
        input_saved: Whether earlier layers have saved the input.
        is_image: Whether the input is the image, which needs no gradient and is held by the caller.
    """
    layers, channels = block.layers(context), context.inputs
    size = channels * side**2
    inference = Tape(training=False)
    walk_forward(inference, layers, TensorValue(inference.new(size), channels, side))

    training = Tape(training=True)
    x = TensorValue(training.new(size), channels, side, wants_grad=not is_image)
    x.storage.holders += input_saved
    out = walk_forward(training, layers, x)
    training.release(x.storage)
    saves_output = out.storage.holders > 1
    if then == "loss":
        walk_cross_entropy(training, out)
    else:
        training.release(out.storage)
    saved = training.live
    if then != "loss":
        out.grad = training.new(out.size, plain=then == "pool")
    training.backward()

    before = size if input_saved else 0
    inference_peak = inference.peak - (size if is_image else 0)
    return _Part(inference_peak, training.peak - before, saved - before, saves_output, out.side)
