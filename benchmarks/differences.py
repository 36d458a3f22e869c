"""Why counters differ from the multiply-adds of convolutions and linear layers, worked out from the network's value."""

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
class Why:
    """What a tool adds to convolutions and linear layers: how often it adds each term, and the reason where odd."""

    adds: dict[str, int]
    note: str = ""

    def words(self) -> str:
        if not self.adds:
            return "no difference"
        said = ", ".join(f"{times} per {TERMS[term]}" for term, times in self.adds.items())
        return f"adds {said}" + (f"; {self.note}" if self.note else "")

    def sum(self, elements: Counter[str], difference: int) -> str:
        """The difference as a sum over a network's elements, and the rest that this leaves."""
        parts = [(term, times, elements[term]) for term, times in self.adds.items() if elements[term]]
        rest = difference - sum(times * number for _, times, number in parts)
        if not difference and not parts:
            return "0: exact"
        said = " + ".join(f"{times} x {number:,} {term}" for term, times, number in parts) or "0"
        return f"{difference:,} = {said}: " + (f"{rest:,} NOT EXPLAINED" if rest else "exact")


WHY = {
    "fvcore": Why({"norm": 2, "global pool": 1}),
    "ptflops, pytorch": Why(
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
    "ptflops, aten": Why({"convolution bias": 1, "classifier bias": 1}),
    "thop": Why({"norm": 4, "global pool": 1, "mean": 1}, "batch norm is doubled twice, by its formula and its hook"),
    "torchinfo": Why({"norm parameters": 1, "convolution bias": 1, "classifier bias": 1}),
}


def why(tool: str) -> Why:
    """What a tool adds; nothing for one that is not in WHY."""
    return WHY.get(tool.partition(",")[0] if tool.startswith("fvcore") else tool, Why({}))


def elements(network: Network) -> Counter[str]:
    """How many elements of each kind one forward pass over one picture has, by the names of TERMS."""
    found: Counter[str] = Counter()
    _walk(network.layers(), network.channels, network.side, found)
    return found


def _walk(layers: tuple[Layer, ...], channels: int, side: int, found: Counter[str]) -> tuple[int, int]:
    for layer in layers:
        size = channels * side**2
        match layer:
            case Conv():
                channels, side = layer.outputs, (side - 1) // layer.stride + 1
                found["convolution bias"] += channels * side**2 if layer.bias else 0
            case Linear():
                channels, side = layer.outputs, 1
                found["classifier bias"] += channels
            case Norm():
                found["norm"] += size
                found["norm parameters"] += 2 * channels
            case Act():
                found[layer.kind] += size
            case MaxPool():
                found["max pool"] += size
                side = (side - 1) // layer.stride + 1
            case GlobalPool():
                found["global pool"] += size
                found["mean"] += channels
                side = 1
            case Flatten():
                channels, side = size, 1
            case Chain():
                channels, side = _walk(layer.layers, channels, side, found)
            case Residual():
                _walk(layer.shortcut, channels, side, found)
                channels, side = _walk(layer.body, channels, side, found)
            case Gate():
                _walk(layer.body, channels, side, found)
    return channels, side
