"""fvcore's count of a built module, which checks this project's own count of the network."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from fvcore.nn import FlopCountAnalysis, parameter_count
from fvcore.nn.jit_handles import (
    addmm_flop_jit,
    bmm_flop_jit,
    conv_flop_jit,
    einsum_flop_jit,
    generic_activation_jit,
    linear_flop_jit,
    matmul_flop_jit,
)
from torch import nn

from scaling_lab.networks.costs.cost import Cost
from scaling_lab.networks.module_network import AnyNetwork

Handle = Callable[[list[Any], list[Any]], Any]

COUNTED_AS_FLOPS = ("conv", "linear", "matmul", "addmm", "bmm", "einsum")
ACTIVATIONS = "activations"
# The operators whose outputs fvcore's ActivationCountAnalysis counts, each with fvcore's count of its FLOPs.
WITH_ACTIVATIONS: dict[str, Handle] = {
    "aten::_convolution": conv_flop_jit,
    "aten::addmm": addmm_flop_jit,
    "aten::bmm": bmm_flop_jit,
    "aten::einsum": einsum_flop_jit,
    "aten::matmul": matmul_flop_jit,
    "aten::linear": linear_flop_jit,
}


def count_with_fvcore(module: nn.Module, network: AnyNetwork) -> Cost:
    """Return fvcore's counts for one image in evaluation mode, in the units of `networks.costs.cost`.

    FLOPs are multiply-adds. Apart from convolutions, matrix products and batch norms, the only operators that fvcore
    counts in networks of this package are poolings; in other modules also layer norms and resizing, which count as
    `pooled`. The module is traced once for FLOPs and activations.
    """
    device = next(module.parameters()).device
    image = torch.zeros(1, network.channels, network.side, network.side, device=device)
    logging.getLogger("fvcore.nn.jit_analysis").setLevel(logging.ERROR)
    module.eval()
    with torch.no_grad():
        analysis = FlopCountAnalysis(module, image)
        analysis.set_op_handle(**{name: _add_activations(name, handle) for name, handle in WITH_ACTIVATIONS.items()})
        operators = Counter(analysis.by_operator())
    activations = operators.pop(ACTIVATIONS, 0)
    counted = int(sum(operators[name] for name in COUNTED_AS_FLOPS))
    return Cost(
        flops=counted,
        norm_elements=int(operators["batch_norm"]) // 2,
        pooled=int(sum(operators.values())) - counted - int(operators["batch_norm"]),
        params=int(parameter_count(module)[""]),
        activations=int(activations),
    )


def _add_activations(name: str, count_flops: Handle) -> Handle:
    """Return a handle of fvcore that counts the elements of an operator's output with its FLOPs."""
    count_outputs = generic_activation_jit(ACTIVATIONS)

    def count(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
        flops = count_flops(inputs, outputs)
        counts: Counter[str] = Counter(flops if isinstance(flops, Counter) else {name.removeprefix("aten::"): flops})
        counts.update(count_outputs(inputs, outputs))
        return counts

    return count
