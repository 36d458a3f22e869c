"""Compare torch's counts of a module with fvcore's: they count differently, so what both find is right."""

import logging
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import cast

import torch
from fvcore.nn import FlopCountAnalysis
from torch import nn

from scaling_lab.errors import UserError, reported_as_user_error
from scaling_lab.modules.building import call_text
from scaling_lab.modules.counting import count_built, count_module, flops_by_module
from scaling_lab.modules.factory import Factory
from scaling_lab.modules.fvcore_count import COUNTED_AS_FLOPS, count_with_fvcore
from scaling_lab.networks.module_network import ModuleNetwork

MAX_NAMED = 3  # modules
UNITS = {"flops": "multiply-adds", "activations": "activations", "params": "parameters"}


@lru_cache(maxsize=10_000)
def count_norms_and_pools(network: ModuleNetwork) -> tuple[int, int]:
    """Return the output elements of batch norms and the number of other operations that fvcore counts.

    The image is computed on the CPU: fvcore does not work on the meta device.

    Raises:
        UserError: fvcore counts other multiply-adds, activations or parameters than torch. The message names them.
    """
    factory, counted = cast(Factory, network.factory), count_module(network)
    with torch.random.fork_rng(devices=[]), reported_as_user_error(f"fvcore on {call_text(factory, network)}"):
        module = factory.build(network).eval()
        by_fvcore = count_with_fvcore(module, network)
    for name, unit in UNITS.items():
        if (torch_count := getattr(counted, name)) != (fvcore_count := getattr(by_fvcore, name)):
            _require_same_module(network, module)
            raise UserError(
                f"{call_text(factory, network)}: torch counts {torch_count:,} {unit}, fvcore {fvcore_count:,}"
                f"{_where(network, module)}; the two must agree"
            )
    return by_fvcore.norm_elements, by_fvcore.pooled


def _require_same_module(network: ModuleNetwork, module: nn.Module) -> None:
    """Raise UserError if torch counts this module differently from the previous one: the factory changed."""
    before, now = count_module(network), count_built(network, module, "cpu")[0]
    different = [
        f"{unit}, {getattr(before, name):,} then {getattr(now, name):,}"
        for name, unit in UNITS.items()
        if getattr(before, name) != getattr(now, name)
    ]
    if different:
        raise UserError(
            f"{call_text(cast(Factory, network.factory), network)} gives another module each time: it has other "
            f"{different[0]}"
        )


def _where(network: ModuleNetwork, module: nn.Module) -> str:
    """Return the innermost modules whose multiply-adds differ, with their operators."""
    image = torch.zeros(1, network.channels, network.side, network.side)
    logging.getLogger("fvcore.nn.jit_analysis").setLevel(logging.ERROR)
    with torch.no_grad():
        fvcore = FlopCountAnalysis(module, image).by_module_and_operator()
    torch_counts = flops_by_module(network)
    different = [
        name
        for name in {**torch_counts, **fvcore}
        if _total(torch_counts.get(name, {})) != _total(_products(fvcore.get(name, {})))
    ]
    inner = [name for name in different if not any(other != name and _is_in(other, name) for other in different)]
    listed = [
        f"{name or type(module).__name__} (torch: {_text(torch_counts.get(name, {}))}; "
        f"fvcore: {_text(_products(fvcore.get(name, {})))})"
        for name in inner[:MAX_NAMED]
    ]
    return f", in {', '.join(listed)}" if listed else ""


def _is_in(name: str, outer: str) -> bool:
    return not outer or name.startswith(f"{outer}.")


def _products(operators: Mapping[str, float]) -> dict[str, float]:
    return {name: count for name, count in operators.items() if name in COUNTED_AS_FLOPS}


def _total(operators: Mapping[str, float]) -> int:
    return int(sum(operators.values()))


def _text(operators: Mapping[str, float]) -> str:
    return ", ".join(_parts(operators)) or "nothing"


def _parts(operators: Mapping[str, float]) -> Iterator[str]:
    yield from (f"{name} {int(count):,}" for name, count in operators.items() if count)
