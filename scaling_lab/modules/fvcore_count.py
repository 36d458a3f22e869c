"""fvcore's count of a built module, which checks this project's own count of the network."""

import logging

import torch
from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis, parameter_count
from torch import nn

from scaling_lab.networks.costs.cost import Cost
from scaling_lab.networks.module_network import AnyNetwork

COUNTED_AS_FLOPS = ("conv", "linear", "matmul", "addmm", "bmm", "einsum")


def count_with_fvcore(module: nn.Module, network: AnyNetwork) -> Cost:
    """Return fvcore's counts for one image in evaluation mode, in the units of `networks.costs.cost`.

    FLOPs are multiply-adds. Apart from convolutions, matrix products and batch norms, the only operators that fvcore
    counts in networks of this package are poolings; in other modules also layer norms and resizing, which count as
    `pooled`.
    """
    device = next(module.parameters()).device
    image = torch.zeros(1, network.channels, network.side, network.side, device=device)
    logging.getLogger("fvcore.nn.jit_analysis").setLevel(logging.ERROR)
    module.eval()
    with torch.no_grad():
        flops = FlopCountAnalysis(module, image)
        operators = flops.by_operator()
        activations = ActivationCountAnalysis(module, image).total()
    counted = int(sum(operators[name] for name in COUNTED_AS_FLOPS))
    return Cost(
        flops=counted,
        norm_elements=int(operators["batch_norm"]) // 2,
        pooled=int(flops.total()) - counted - int(operators["batch_norm"]),
        params=int(parameter_count(module)[""]),
        activations=int(activations),
    )
