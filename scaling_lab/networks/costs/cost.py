"""What a network costs, counted from the value: exact integers, no torch, one picture.

FLOPs are multiply-adds of convolutions and linear layers, as the paper counts them (B0: 385,814,752) and as fvcore
counts those operators. fvcore's own total also adds 2 for each element that a batch norm makes and 1 for each element
that a global pool reads; that number is `flops_fvcore`. Biases are free in both. Activations are the outputs of the
same convolutions and linear layers.

What is kept is a block's formula, never a network's count: a network is a sum over its blocks.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from scaling_lab.networks.blocks import BlockContext
from scaling_lab.networks.costs.block_formula import BlockFormula, block_formula
from scaling_lab.networks.network import Network


@dataclass(frozen=True)
class Cost:
    """Multiply-adds; elements that batch norms make and that global pools read; trainable numbers; outputs of
    convolutions and linear layers."""

    flops: int = 0
    norm_elements: int = 0
    pooled: int = 0
    activations: int = 0
    params: int = 0

    @property
    def flops_fvcore(self) -> int:
        """fvcore's total."""
        return self.flops + 2 * self.norm_elements + self.pooled


def cost(network: Network) -> Cost:
    """Cost of one forward pass over one picture of `network.side` pixels."""
    total = [0] * 5
    for _, part, count, side in part_formulas(network):
        _add(total, part, count, side)
    return Cost(*total)


def cost_by_part(network: Network) -> list[tuple[str, Cost]]:
    """Costs of the stem, of each stage and of the head, in order."""
    totals: dict[str, list[int]] = {}
    for name, part, count, side in part_formulas(network):
        _add(totals.setdefault(name, [0] * 5), part, count, side)
    return [(name, Cost(*total)) for name, total in totals.items()]


def part_formulas(network: Network) -> Iterator[tuple[str, BlockFormula, int, int]]:
    """Part, formula of a block, how many like it follow one another, and the side in pixels that goes into them."""
    stem, head, side = network.stem, network.head, network.side
    norm = (network.eps, network.momentum)
    first = block_formula(stem, BlockContext(network.channels, stem.width, stem.stride, *norm))
    yield "stem", first, 1, side
    side = strided_side(side, first.stride)
    for number, block, at, count in network.block_runs():
        one = block_formula(block, at)
        yield f"stage{number + 1}", one, count, side
        side = strided_side(side, one.stride)
    yield "head", block_formula(head, BlockContext(network.stages[-1].width, network.classes, 1, *norm)), 1, side


def clear_cost_cache() -> None:
    """Empties the memo of blocks, for measurements of cold counts."""
    block_formula.cache_clear()


def strided_side(side: int, stride: int) -> int:
    """The side behind a stride; behind a global pool (stride 0) it is 1."""
    return -(-side // stride) if stride else 1


def _add(total: list[int], part: BlockFormula, count: int, side: int) -> None:
    for term in part.terms:
        area = count * strided_side(side, term.stride) ** 2
        total[0] += term.flops * area
        total[1] += term.norm_elements * area
        total[2] += term.pooled * area
        total[3] += term.activations * area
    total[4] += count * part.params
