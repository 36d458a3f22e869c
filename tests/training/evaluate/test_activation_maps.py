"""Class activation maps: of a linear head they are the weighted sum of the channels, computed by hand."""

import pytest
import torch
from torch import nn

from scaling_lab.errors import UserError
from scaling_lab.networks.families.efficientnet import efficientnet_b0_small
from scaling_lab.training.evaluate.activation_maps import map_activations
from scaling_lab.training.module import build_module

CLASSES = torch.tensor([2, 0, 1])


class Pooled(nn.Module):
    """Features, global average pooling, and a head."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU())
        self.pool, self.head = nn.AdaptiveAvgPool2d(1), head

    def forward(self, images):
        return self.head(self.pool(self.features(images)).flatten(1))


@pytest.fixture
def images():
    return torch.rand(3, 1, 6, 6, generator=torch.Generator().manual_seed(0))


def test_a_linear_head_gives_the_weighted_sum_of_the_channels(images):
    torch.manual_seed(1)
    network = Pooled(nn.Linear(4, 3))
    maps, logits = map_activations(network, images, CLASSES)
    weights = network.head.weight[CLASSES].detach()
    by_hand = torch.stack(
        [
            sum(weights[image, channel] * network.features(images)[image, channel] for channel in range(4))
            for image in range(3)
        ]
    )
    assert maps.shape == (3, 6, 6)
    assert torch.allclose(maps, by_hand, atol=1e-6)
    assert torch.allclose(maps.mean(dim=(1, 2)) + network.head.bias[CLASSES], logits.gather(1, CLASSES[:, None])[:, 0])


def test_a_dead_unit_of_a_hidden_layer_speaks_for_nothing(images):
    torch.manual_seed(2)
    hidden, last = nn.Linear(4, 5), nn.Linear(5, 3)
    with torch.no_grad():
        hidden.bias.fill_(-100.0)
    maps, _ = map_activations(Pooled(nn.Sequential(hidden, nn.ReLU(), last)), images, CLASSES)
    assert not maps.any()


def test_the_pooling_of_the_head_counts_and_not_that_of_squeeze_and_excitation():
    torch.manual_seed(3)
    network = efficientnet_b0_small()
    module = build_module(network)
    images = torch.rand(2, network.channels, network.side, network.side)
    maps, logits = map_activations(module, images, torch.tensor([1, 4]))
    side = network.side // 4
    assert maps.shape == (2, side, side)
    classifier = [part for part in module.modules() if isinstance(part, nn.Linear)][-1]
    expected = logits[torch.arange(2), [1, 4]] - classifier.bias[[1, 4]]
    assert torch.allclose(maps.mean(dim=(1, 2)), expected, atol=1e-5)


def test_a_network_without_global_pooling_is_refused(images):
    with pytest.raises(UserError, match="global average pooling"):
        map_activations(nn.Sequential(nn.Flatten(), nn.Linear(36, 3)), images, CLASSES)
