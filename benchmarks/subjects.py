"""What is counted: networks of conf/, a picture for one, and its module."""

from typing import Any

from scaling_lab.config import registry
from scaling_lab.networks.network import Network


def networks() -> dict[str, Network]:
    """The networks that are counted."""
    return {"ResNet-50": family("resnet50"), "B0": family("efficientnet_b0"), "B7": family("efficientnet_b7")}


def family(name: str) -> Network:
    """A family of conf/ as its yaml has it."""
    network: Network = registry.build_value("family", registry.read_yaml("family", name))
    return network


def picture(network: Network, device: str = "cpu") -> Any:
    """One picture of the size that the network looks at."""
    import torch

    return torch.zeros(1, network.channels, network.side, network.side, device=device)


def module(network: Network, device: str = "cpu") -> Any:
    """The network built, in evaluation mode; from here on nothing keeps gradients."""
    import torch

    from scaling_lab.training.module import build_module

    torch.set_grad_enabled(False)
    with torch.device(device):
        return build_module(network).eval()
