"""The loop: against a plain loop written out, its schedule, its determinism, its failures."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from scaling_lab.config.hyperparameters import Hyperparameters, resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.batches import InMemoryBatches, crop_and_flip, shuffle_into_batches
from scaling_lab.data.normalization import FixedNormalizer, normalize_images
from scaling_lab.networks.families.efficientnet import efficientnet_b0_small
from scaling_lab.networks.families.resnet import resnet18_small
from scaling_lab.networks.network import Network
from scaling_lab.training.loop import train
from scaling_lab.training.lr_schedule import lr_factor
from scaling_lab.training.module import build_module
from scaling_lab.training.precision import StepOptions
from scaling_lab.training.state import Training

MEAN, STD = (0.3,), (0.4,)


def data(count: int = 96, side: int = 8) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(1)
    return (
        torch.randint(256, (count, 1, side, side), dtype=torch.uint8, generator=draw),
        torch.randint(10, (count,), generator=draw),
    )


def recipe(network: Network, **changes: Any) -> Hyperparameters:
    return resolve_hyperparameters(
        Recipe(**({"epochs": 2, "batch": 32, "warmup_epochs": 1, "pad": 0.125} | changes)), network, 96
    )


def small(network: Network) -> Network:
    return replace(network, side=8, channels=1)


def trained(module: nn.Module, by: Hyperparameters, seed: int, step_options: StepOptions = StepOptions()) -> Training:  # noqa: B008
    images, labels = data()
    training = Training(module, 8, by, seed, step_options)
    train(training, InMemoryBatches(images, labels, by.batch), FixedNormalizer(10, MEAN, STD))
    return training


def plain_loop(module: nn.Module, images: Tensor, labels: Tensor, by: Hyperparameters, seed: int) -> None:
    """Nesterov SGD written out from its definition, in the same order of random draws."""
    generator = torch.Generator().manual_seed(seed)
    velocity: dict[str, Tensor] = {}
    step = 0
    module.train()
    while step < by.steps:
        for batch, targets in shuffle_into_batches(images, labels, by.batch, generator):
            pictures = normalize_images(crop_and_flip(batch, generator, by.pad, by.flip), MEAN, STD)
            module.zero_grad()
            logits = module(pictures)
            smooth = torch.full_like(logits, by.label_smoothing / 10)
            smooth[torch.arange(len(targets)), targets] += 1 - by.label_smoothing
            (-(smooth * functional.log_softmax(logits, 1)).sum(1).mean()).backward()
            with torch.no_grad():
                for name, p in module.named_parameters():
                    assert p.grad is not None
                    grad = p.grad + (by.weight_decay * p if p.ndim > 1 else 0)
                    velocity[name] = by.momentum * velocity[name] + grad if name in velocity else grad.clone()
                    p -= by.lr * lr_factor(step, by) * (grad + by.momentum * velocity[name])
            step += 1


def test_weights_are_those_of_a_loop_written_out() -> None:
    network = small(resnet18_small())
    by = recipe(network, lr=0.05, weight_decay=0.05)
    torch.manual_seed(5)
    ours, plain = build_module(network), build_module(network)
    plain.load_state_dict(ours.state_dict())
    trained(ours, by, seed=7)
    plain_loop(plain, *data(), by, seed=7)
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, rtol=1e-3, atol=1e-4, msg=name)


def test_schedule_climbs_linearly_and_falls_as_half_a_cosine() -> None:
    by = replace(recipe(resnet18_small()), steps=110, warmup_steps=10)
    factors = [lr_factor(step, by) for step in range(110)]
    assert factors[:10] == pytest.approx([(i + 1) / 10 for i in range(10)])
    assert factors[10] == 1
    assert factors[60] == pytest.approx(0.5)
    assert factors[109] < 0.001
    assert all(a >= b for a, b in pairwise(factors[10:]))


@pytest.mark.parametrize("network", [resnet18_small(), efficientnet_b0_small()], ids=["resnet", "efficientnet"])
def test_same_seed_same_bits_and_another_seed_others(network: Network) -> None:
    network = small(network)

    def weights(seed: int) -> Tensor:
        torch.manual_seed(seed)
        module = build_module(network)
        trained(module, recipe(network), seed)
        return torch.cat([value.flatten().float() for value in module.state_dict().values()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_one_mean_loss_an_epoch() -> None:
    network = small(resnet18_small())
    module = build_module(network)
    losses = trained(module, recipe(network, epochs=3), 0).progress.epoch_losses
    assert len(losses) == 3
    assert losses[-1] < losses[0]


def test_a_loss_that_is_not_finite_names_its_epoch() -> None:
    network = small(resnet18_small())
    by = replace(recipe(network), lr=1e20, warmup_steps=0)
    with pytest.raises(FloatingPointError, match=r"loss is (nan|inf) in epoch \d"):
        trained(build_module(network), by, 0)
