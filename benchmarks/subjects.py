"""The networks that are counted: their values, an image for each, and their modules."""

from typing import Any

from scaling_lab.config import registry
from scaling_lab.networks.network import Network


def networks() -> dict[str, Network]:
    """Return the networks that are counted."""
    return {"ResNet-50": family("resnet50"), "B0": family("efficientnet_b0"), "B7": family("efficientnet_b7")}


def family(name: str) -> Network:
    """Return a family of conf/."""
    network: Network = registry.build_value("family", registry.read_yaml("family", name))
    return network


def picture(network: Network, device: str = "cpu") -> Any:
    """Return one image of the network's side."""
    import torch

    return torch.zeros(1, network.channels, network.side, network.side, device=device)


def module(network: Network, device: str = "cpu") -> Any:
    """Build the network in evaluation mode and disable gradients for the process."""
    import torch

    from scaling_lab.training.module import build_module

    torch.set_grad_enabled(False)
    with torch.device(device):
        return build_module(network).eval()
