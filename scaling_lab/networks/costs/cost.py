"""Costs of a network for one image, counted from its value: exact integers, no torch.

FLOPs are multiply-adds of convolutions and linear layers, as the paper counts them (B0: 385,814,752) and as fvcore
counts those operators. fvcore's own total also adds 2 for each output element of a batch norm and 1 for each input
element of a global pool; that number is `flops_fvcore`. Biases do not count in either. Activations are the outputs of
the same convolutions and linear layers.

A network is a sum over its blocks. The formulas of blocks are cached, the counts of networks are not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from scaling_lab.networks.block_layers import BlockContext
from scaling_lab.networks.costs.block_formula import BlockFormula, block_formula
from scaling_lab.networks.module_network import AnyNetwork, ModuleNetwork
from scaling_lab.networks.network import Network


@dataclass(frozen=True)
class Cost:
    """Costs of one forward pass on one image.

    Attributes:
        flops: Multiply-adds of convolutions and linear layers.
        norm_elements: Output elements of batch norms.
        pooled: Input elements of global pools.
        activations: Output elements of convolutions and linear layers.
        params: Trainable parameters.
    """

    flops: int = 0
    norm_elements: int = 0
    pooled: int = 0
    activations: int = 0
    params: int = 0

    @property
    def flops_fvcore(self) -> int:
        """The total that fvcore counts."""
        return self.flops + 2 * self.norm_elements + self.pooled


def network_cost(network: AnyNetwork) -> Cost:
    """Return the cost of one forward pass on one image of `network.side` pixels.

    Raises:
        UserError: The network is a module, and it fails or torch and fvcore count it differently.
    """
    if isinstance(network, ModuleNetwork):
        counts = network.factory.count(network)
        norm_elements, pooled = network.factory.count_norms_and_pools(network)
        return Cost(counts.flops, norm_elements, pooled, counts.activations, counts.params)
    total = [0] * 5
    for _, part, count, side in part_formulas(network):
        _add(total, part, count, side)
    return Cost(*total)


def cost_by_part(network: AnyNetwork) -> list[tuple[str, Cost]]:
    """Return the costs of the stem, of each stage and of the head, in order; a module is one part."""
    if isinstance(network, ModuleNetwork):
        return [("module", network_cost(network))]
    totals: dict[str, list[int]] = {}
    for name, part, count, side in part_formulas(network):
        _add(totals.setdefault(name, [0] * 5), part, count, side)
    return [(name, Cost(*total)) for name, total in totals.items()]


def part_formulas(network: Network) -> Iterator[tuple[str, BlockFormula, int, int]]:
    """Yield runs of equal blocks: name of the part, formula of the block, length of the run, input side in pixels."""
    stem, head, side = network.stem, network.head, network.side
    norm = (network.eps, network.momentum)
    first = block_formula(stem, BlockContext(network.channels, stem.width, stem.stride, *norm))
    yield "stem", first, 1, side
    side = strided_side(side, first.stride)
    for number, block, context, count in network.block_runs():
        run_formula = block_formula(block, context)
        yield f"stage{number + 1}", run_formula, count, side
        side = strided_side(side, run_formula.stride)
    yield "head", block_formula(head, BlockContext(network.stages[-1].width, network.classes, 1, *norm)), 1, side


def clear_cost_cache() -> None:
    """Clear the cache of block formulas, for benchmarks of cold counts."""
    block_formula.cache_clear()


def strided_side(side: int, stride: int) -> int:
    """Return the side after a stride; it is 1 after a global pool (stride 0)."""
    return -(-side // stride) if stride else 1


def _add(total: list[int], part: BlockFormula, count: int, side: int) -> None:
    for term in part.terms:
        area = count * strided_side(side, term.stride) ** 2
        total[0] += term.flops * area
        total[1] += term.norm_elements * area
        total[2] += term.pooled * area
        total[3] += term.activations * area
    total[4] += count * part.params
