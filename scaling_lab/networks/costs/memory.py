"""What a network needs in memory for each picture of a batch, from the value: exact bytes, no torch.

These are the most bytes of float32 activations that PyTorch's eager mode holds at once on the CPU for the module that
`build_module` makes, per picture: how much torch's own peak grows with a batch that is already large. Pictures are
channels-last, as training makes them. What does not grow with the batch is not counted: weights, their gradients,
optimiser state, batch-norm statistics, scratch of the library. Exact for the layers of every family; a last block that
ends in another way than theirs (in max pooling, say) may be off in the memory order of its gradients.

Live in inference (eval mode, no_grad): the picture; the input of the stage, of the block and of the residual or gate
that is at work, because a frame of Python holds each; the input and output of the layer that is at work. Activations
work in place but for the two sigmoids, max pooling also makes its int64 indices, dropout and stochastic depth nothing.

Live in training (forward, cross entropy, backward): the same frames, and what autograd has saved and not yet used: the
inputs of convolutions, linear layers, batch norms, max pooling (and its indices) and hard sigmoids, both factors of a
gate, the outputs of ReLU and sigmoid, a copy of the input of ReLU6, SiLU and hard swish, dropout's mask, a number for
each stochastic depth, and the log-softmax. In the backward pass: what is still saved, the gradient that a layer is
given and those that it makes, twice for a batch norm and once more for a gate, and the gradient of each residual's
input until both branches have added to it. Labels (8 bytes) and the loss are not counted.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Literal, NamedTuple

from scaling_lab.networks.blocks import Block, BlockContext
from scaling_lab.networks.costs.cost import cost
from scaling_lab.networks.costs.eager_mode import walk_cross_entropy, walk_forward
from scaling_lab.networks.costs.tape import Tape, TensorValue
from scaling_lab.networks.network import Network

FLOAT_BYTES = 4  # bytes
Then = Literal["block", "pool", "loss"]


class PeakMemory(NamedTuple):
    """Peak bytes a picture of one forward pass in eval mode and of one training step."""

    inference: int
    training: int


class _Part(NamedTuple):
    """What stem, a block or the head needs, in floats a picture, beside what is saved before it.

    `saved` is what it adds to that. `saves_output` is whether its own nodes already save what goes out.
    """

    inference: int
    training: int
    saved: int
    saves_output: bool
    side: int


class _Peak:
    """The most that was live, part after part."""

    def __init__(self, picture: int) -> None:
        self.picture = self.saved = picture
        self.inference = self.training = 0

    def add(self, part: _Part, times: int = 1, waiting: int = 0) -> None:
        """Add `times` equal parts, the last of which stands on what the others save.

        `waiting` is the stage's input, held by a frame: in training it is saved as well.
        """
        self.inference = max(self.inference, self.picture + waiting + part.inference)
        self.saved += (times - 1) * part.saved
        self.training = max(self.training, self.saved + part.training)
        self.saved += part.saved


def peak_memory(network: Network) -> PeakMemory:
    """Peak activation memory at the network's own side."""
    peak = _Peak(network.channels * network.side**2)
    norm, stem = (network.eps, network.momentum), network.stem
    place = BlockContext(network.channels, stem.width, stem.stride, *norm)
    part = _part(stem, place, network.side, input_saved=True, then="block", picture=True)
    peak.add(part)
    for _, runs in groupby(_runs(network), key=itemgetter(0)):
        part = _add_stage(peak, part, runs)
    place = BlockContext(network.stages[-1].width, network.classes, 1, *norm)
    peak.add(_part(network.head, place, part.side, part.saves_output, then="loss"))
    return PeakMemory(FLOAT_BYTES * peak.inference, FLOAT_BYTES * peak.training)


def training_step_bytes(network: Network, batch: int) -> int:
    """Bytes of a training step under SGD with momentum in float32: weights, their gradients and momentum, and the peak
    activation memory of `batch` pictures. The library's scratch, such as a copy of a layer's weights, comes on top."""
    return 3 * FLOAT_BYTES * cost(network).params + batch * peak_memory(network).training


def _runs(network: Network) -> Iterator[tuple[int, Block, BlockContext, int, Then]]:
    """Stage, block, place, how many, what follows. All but the first block may have stochastic depth, at any rate."""
    runs = list(network.block_runs())
    for i, (stage, block, at, count) in enumerate(runs, 1):
        drops = at._replace(drop_path=network.drop_path) if network.drop_path and i > 1 else at
        yield stage, block, drops, count, "pool" if i == len(runs) and network.head.width is None else "block"


def _add_stage(peak: _Peak, before: _Part, runs: Iterable[tuple[int, Block, BlockContext, int, Then]]) -> _Part:
    """Add a stage's blocks and return the last."""
    waiting = 0
    for _, block, at, count, then in runs:
        for times in (1, count - 1) if count > 1 else (1,):
            part = _part(block, at, before.side, before.saves_output, then)
            peak.add(part, times, waiting)
            waiting = waiting or at.inputs * before.side**2
            before = part
    return before


@lru_cache(maxsize=50_000)
def _part(block: Block, at: BlockContext, side: int, input_saved: bool, then: Then, picture: bool = False) -> _Part:
    """Walk a block's layers in inference, then forwards and backwards in training.

    `input_saved`: what comes in is saved before these layers. `picture`: it has no gradient, and its holder keeps it.
    """
    layers, channels = block.layers(at), at.inputs
    size = channels * side**2
    inference = Tape(training=False)
    walk_forward(inference, layers, TensorValue(inference.new(size), channels, side))

    training = Tape(training=True)
    x = TensorValue(training.new(size), channels, side, wants_grad=not picture)
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
    beside = inference.peak - (size if picture else 0)
    return _Part(beside, training.peak - before, saved - before, saves_output, out.side)
