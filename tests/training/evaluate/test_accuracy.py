"""Correctness picture by picture, against one picture at a time."""

from dataclasses import replace

import numpy as np
import torch

from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.data.loaders import load_evaluation_batches
from scaling_lab.networks.families.resnet import resnet18_small
from scaling_lab.training.evaluate.accuracy import score_predictions
from scaling_lab.training.module import build_module


def test_bits_are_those_of_single_pictures_in_order() -> None:
    draw = np.random.default_rng(0)
    split = Split(draw.integers(0, 256, (60, 1, 12, 12), dtype=np.uint8), draw.integers(0, 10, 60))
    pictures = InMemoryDataset("noise", 10, split, split, split)
    network = replace(resnet18_small(), channels=1, side=12)
    torch.manual_seed(0)
    module = build_module(network)
    bits = score_predictions(module, load_evaluation_batches(pictures, "test", 12, 0, batch_size=25), pictures).correct
    mean, std = pictures.mean[0], pictures.std[0]
    with torch.no_grad():
        for image, label, bit in zip(split.images, split.labels, bits, strict=True):
            x = (torch.tensor(image[None]).float() / 255 - mean) / std
            assert bool(module.eval()(x).argmax() == label) == bit
    assert 0 < sum(bits) < 60
