"""Latency is the time of one picture: a median, and longer for a network that does more."""

from collections.abc import Iterator
from itertools import cycle

import pytest
import torch
from torch import nn

from scaling_lab.networks.families.resnet import resnet18_small
from scaling_lab.training.evaluate import latency as measured


class Counting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        self.seen: list[tuple[tuple[int, ...], bool, bool]] = []

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        self.seen.append((tuple(batch.shape), self.training, torch.is_inference_mode_enabled()))
        return batch


def test_one_picture_in_evaluation_mode_and_the_median_of_twenty(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds: Iterator[float] = cycle([0.0, 1.0, 10.0, 13.0, 20.0, 22.0])
    monkeypatch.setattr(measured, "perf_counter", lambda: next(seconds))
    module, network = Counting(), resnet18_small()
    latency = measured.measure_latency(module, network)
    assert module.seen == [((1, network.channels, network.side, network.side), False, True)] * 25
    assert latency == 2.0  # 7 times 1 s, 7 times 3 s, 6 times 2 s
