"""The counters that `benchmarks/cost.py` compares. As a script: one of them counts one network in its own process.

`python benchmarks/counters.py fvcore B7` prints what it measured as one line of JSON. Each tool counts
one image in evaluation mode without gradients; imports and the building of the module are not timed.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median
from time import perf_counter
from typing import Any

from peak_memory import lowered_peak, peak
from subjects import module, networks, picture

from scaling_lab.networks.costs.cost import clear_cost_cache, network_cost
from scaling_lab.networks.network import Network

REPEATS = 3
Count = Callable[[Any, Network], float]


def load_fvcore() -> Count:
    """Return fvcore's total."""
    from fvcore.nn import FlopCountAnalysis

    def count(built: Any, network: Network) -> float:
        analysis = FlopCountAnalysis(built, picture(network))
        return analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()

    return count


def _with_gradients() -> Count:
    """Count with fvcore as its documentation shows."""
    import torch

    count = load_fvcore()

    def counted(built: Any, network: Network) -> float:
        with torch.enable_grad():
            return count(built, network)

    return counted


def _lab() -> Count:
    return lambda _, network: network_cost(network).flops


def _torch() -> Count:
    from torch.utils.flop_counter import FlopCounterMode

    def count(built: Any, network: Network) -> float:
        with FlopCounterMode(display=False) as counter:
            built(picture(network, "meta"))
        return counter.get_total_flops() / 2

    return count


def _ptflops(backend: str) -> Callable[[], Count]:
    def load() -> Count:
        from ptflops import get_model_complexity_info

        def count(built: Any, network: Network) -> float:
            size = (network.channels, network.side, network.side)
            complexity = get_model_complexity_info(
                built, size, print_per_layer_stat=False, as_strings=False, backend=backend
            )
            return complexity[0]

        return count

    return load


def _calflops() -> Count:
    from calflops import calculate_flops

    def count(built: Any, network: Network) -> float:
        size = (1, network.channels, network.side, network.side)
        return calculate_flops(built, input_shape=size, print_results=False, output_as_string=False)[1]

    return count


def _thop() -> Count:
    from thop import profile

    return lambda built, network: profile(built, (picture(network),), verbose=False)[0]


def _torchinfo() -> Count:
    from torchinfo import summary

    def count(built: Any, network: Network) -> float:
        size = (1, network.channels, network.side, network.side)
        return summary(built, input_size=size, verbose=0).total_mult_adds

    return count


@dataclass(frozen=True)
class Tool:
    """How a counter is loaded, its package, and the device of its module (None: it needs no module)."""

    load: Callable[[], Count]
    package: str
    device: str | None = "cpu"


LAB = "this lab"
TOOLS = {
    LAB: Tool(_lab, "scaling-lab", None),
    "fvcore": Tool(load_fvcore, "fvcore"),
    "fvcore, gradients kept": Tool(_with_gradients, "fvcore"),
    "torch FlopCounterMode": Tool(_torch, "torch", "meta"),
    "ptflops, pytorch": Tool(_ptflops("pytorch"), "ptflops"),
    "ptflops, aten": Tool(_ptflops("aten"), "ptflops"),
    "calflops": Tool(_calflops, "calflops"),
    "thop": Tool(_thop, "thop"),
    "torchinfo": Tool(_torchinfo, "torchinfo"),
}


def measured(tool: Tool, network: Network) -> dict[str, Any]:
    """What it counts, seconds of the first count and the median of those after it, and the kilobytes the first took.

    Every count gets a module of its own, because some tools leave their hooks on it.
    """
    count = tool.load()
    clear_cost_cache()
    took: list[float] = []
    for _ in range(1 + REPEATS):
        began = perf_counter()
        built = module(network, tool.device) if tool.device else None
        build = perf_counter() - began
        before = lowered_peak()
        began = perf_counter()
        multiply_adds = count(built, network)
        took.append(perf_counter() - began)
        if len(took) == 1:
            grew = peak() - before
    if multiply_adds != int(multiply_adds):
        raise ValueError(f"{multiply_adds} multiply-adds are no whole number")
    measurement = {
        "count": int(multiply_adds),
        "first": took[0],
        "median": median(took[1:]),
        "build": build,
        "grew": grew,
    }
    threads = sys.modules["torch"].get_num_threads() if tool.device else 1
    return measurement | {"version": version(tool.package), "threads": threads}


def main() -> None:
    """Print what the tool (first argument) measured of the network (second), or the missing module."""
    tool, network = TOOLS[sys.argv[1]], networks()[sys.argv[2]]
    try:
        measurement = measured(tool, network)
    except ModuleNotFoundError as error:
        measurement = {"lacks": error.name}
    print(json.dumps(measurement))


if __name__ == "__main__":
    main()
