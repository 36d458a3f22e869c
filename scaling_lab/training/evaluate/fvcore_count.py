"""fvcore's count of the built module: the check on the count of the value."""

import logging

import torch
from fvcore.nn import ActivationCountAnalysis, FlopCountAnalysis, parameter_count
from torch import nn

from scaling_lab.networks.costs.cost import Cost
from scaling_lab.networks.network import Network

COUNTED_AS_FLOPS = ("conv", "linear")


def count_with_fvcore(module: nn.Module, network: Network) -> Cost:
    """fvcore's counts for one picture in evaluation mode, in the same units as `scaling_lab.networks.costs.cost.cost`.

    What fvcore counts beside convolutions, linear layers and batch norms can only be pooling here.
    """
    device = next(module.parameters()).device
    picture = torch.zeros(1, network.channels, network.side, network.side, device=device)
    logging.getLogger("fvcore.nn.jit_analysis").setLevel(logging.ERROR)
    module.eval()
    with torch.no_grad():
        flops = FlopCountAnalysis(module, picture)
        operators = flops.by_operator()
        activations = ActivationCountAnalysis(module, picture).total()
    counted = int(sum(operators[name] for name in COUNTED_AS_FLOPS))
    return Cost(
        flops=counted,
        norm_elements=int(operators["batch_norm"]) // 2,
        pooled=int(flops.total()) - counted - int(operators["batch_norm"]),
        params=int(parameter_count(module)[""]),
        activations=int(activations),
    )
