"""Modules: names, modes, stochastic depth, initial weights."""

import torch

from scaling_lab.networks.families.efficientnet import efficientnet_b0, efficientnet_b0_small
from scaling_lab.networks.families.mobilenet_v1 import mobilenet_v1_small
from scaling_lab.networks.families.resnet import resnet18_small
from scaling_lab.training.module import DropPathModule, build_module


def test_state_dict_keys_are_the_names_of_the_layers() -> None:
    keys = build_module(efficientnet_b0()).state_dict().keys()
    assert "stem.conv.weight" in keys
    assert "stage4.block2.residual.body.depthwise_norm.running_mean" in keys
    assert "stage4.block2.residual.body.gate.body.squeeze.bias" in keys
    assert "head.classifier.bias" in keys


def test_drop_path_drops_whole_pictures_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    module = DropPathModule(0.25)
    out = module(torch.ones(20_000, 3, 2, 2))
    first = out[:, 0, 0, 0]
    assert bool((out == first[:, None, None, None]).all())
    assert set(first.unique().tolist()) == {0.0, torch.tensor(1 / 0.75).item()}
    assert abs(float(first.mean()) - 1) < 0.02


def test_drop_path_does_nothing_in_evaluation() -> None:
    x = torch.randn(4, 3, 2, 2)
    assert torch.equal(DropPathModule(0.5).eval()(x), x)


def test_same_seed_same_weights_and_another_seed_others() -> None:
    def weights(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return torch.cat([p.flatten() for p in build_module(resnet18_small()).parameters()])

    assert torch.equal(weights(3), weights(3))
    assert not torch.equal(weights(3), weights(4))


def test_depthwise_weights_have_the_variance_of_their_own_group() -> None:
    torch.manual_seed(0)
    weight = build_module(mobilenet_v1_small()).get_submodule("stage5.block1.depthwise").weight
    assert isinstance(weight, torch.Tensor)
    assert abs(float(weight.detach().std()) / (2 / 9) ** 0.5 - 1) < 0.1


def test_training_and_evaluation_differ_by_dropout() -> None:
    torch.manual_seed(0)
    module = build_module(efficientnet_b0_small())
    x = torch.randn(8, 3, 20, 20)
    module.eval()
    assert torch.equal(module(x), module(x))
    module.train()
    assert not torch.equal(module(x), module(x))
