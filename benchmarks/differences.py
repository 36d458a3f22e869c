"""Explain why counters differ from the multiply-adds of convolutions and linear layers, from a Network value."""

from collections import Counter
from dataclasses import dataclass

from scaling_lab.networks.layers import (
    Act,
    Chain,
    Conv,
    Flatten,
    Gate,
    GlobalPool,
    Layer,
    Linear,
    MaxPool,
    Norm,
    Residual,
)
from scaling_lab.networks.network import Network

TERMS = {
    "norm": "batch-norm output",
    "norm parameters": "batch-norm parameter",
    "relu": "ReLU output",
    "silu": "SiLU output",
    "max pool": "max-pooling input",
    "global pool": "global-pooling input",
    "mean": "global-pooling output",
    "convolution bias": "output of a convolution with bias",
    "classifier bias": "output of the classifier",
}


@dataclass(frozen=True)
class Additions:
    """What a counter adds to the multiply-adds of convolutions and linear layers.

    Attributes:
        adds: Number of operations per element, by name of the term.
        note: Reason, where the numbers are unusual.
    """

    adds: dict[str, int]
    note: str = ""

    def describe(self) -> str:
        if not self.adds:
            return "no difference"
        terms = ", ".join(f"{times} per {TERMS[term]}" for term, times in self.adds.items())
        return f"adds {terms}" + (f"; {self.note}" if self.note else "")

    def explain(self, elements: Counter[str], difference: int) -> str:
        """Return the difference as a sum over a network's elements, with the unexplained rest."""
        parts = [(term, times, elements[term]) for term, times in self.adds.items() if elements[term]]
        rest = difference - sum(times * number for _, times, number in parts)
        if not difference and not parts:
            return "0: exact"
        terms = " + ".join(f"{times} x {number:,} {term}" for term, times, number in parts) or "0"
        return f"{difference:,} = {terms}: " + (f"{rest:,} NOT EXPLAINED" if rest else "exact")


ADDITIONS = {
    "fvcore": Additions({"norm": 2, "global pool": 1}),
    "ptflops, pytorch": Additions(
        {
            "norm": 2,
            "relu": 2,
            "silu": 1,
            "max pool": 2,
            "global pool": 2,
            "convolution bias": 1,
            "classifier bias": 1,
        },
        "ReLU and pooling count twice, by the module's hook and by the patched function, SiLU by the latter only",
    ),
    "ptflops, aten": Additions({"convolution bias": 1, "classifier bias": 1}),
    "thop": Additions(
        {"norm": 4, "global pool": 1, "mean": 1}, "batch norm is doubled twice, by its formula and its hook"
    ),
    "torchinfo": Additions({"norm parameters": 1, "convolution bias": 1, "classifier bias": 1}),
}


def find_additions(tool: str) -> Additions:
    """Return what a counter adds; nothing for one that is not in ADDITIONS."""
    return ADDITIONS.get(tool.partition(",")[0] if tool.startswith("fvcore") else tool, Additions({}))


def count_elements(network: Network) -> Counter[str]:
    """Return the number of elements of each kind in one forward pass over one image, by the names of TERMS."""
    counts: Counter[str] = Counter()
    _walk(network.layers(), network.channels, network.side, counts)
    return counts


def _walk(layers: tuple[Layer, ...], channels: int, side: int, counts: Counter[str]) -> tuple[int, int]:
    for layer in layers:
        size = channels * side**2
        match layer:
            case Conv():
                channels, side = layer.outputs, (side - 1) // layer.stride + 1
                counts["convolution bias"] += channels * side**2 if layer.bias else 0
            case Linear():
                channels, side = layer.outputs, 1
                counts["classifier bias"] += channels
            case Norm():
                counts["norm"] += size
                counts["norm parameters"] += 2 * channels
            case Act():
                counts[layer.kind] += size
            case MaxPool():
                counts["max pool"] += size
                side = (side - 1) // layer.stride + 1
            case GlobalPool():
                counts["global pool"] += size
                counts["mean"] += channels
                side = 1
            case Flatten():
                channels, side = size, 1
            case Chain():
                channels, side = _walk(layer.layers, channels, side, counts)
            case Residual():
                _walk(layer.shortcut, channels, side, counts)
                channels, side = _walk(layer.body, channels, side, counts)
            case Gate():
                _walk(layer.body, channels, side, counts)
    return channels, side
