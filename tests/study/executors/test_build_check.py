"""Networks that cannot be built are reported once, with the reason."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from scaling_lab.config import registry
from scaling_lab.networks.network import Network
from scaling_lab.store.schema import Point
from scaling_lab.study.executors import build_check, fork_server
from scaling_lab.study.executors.build_check import find_unbuildable, try_build, without_repetitions


@pytest.fixture
def network() -> Network:
    made: Network = registry.build_value("family", registry.read_yaml("family", "mobilenet_v1_small"))
    return made


@pytest.mark.parametrize("small", [0, 10**12])
def test_good_networks_have_no_error(network: Network, small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the meta device and computed."""
    monkeypatch.setattr(build_check, "SMALL_FLOPS", small)
    assert try_build([network, replace(network, side=28, classes=3)]) == [None, None]


@pytest.mark.parametrize("small", [0, 10**12])
def test_errors_are_reported(network: Network, small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from scaling_lab.training import module

    build = module.build_module

    def broken(candidate: Network) -> torch.nn.Module:
        if candidate.side == 28:
            raise ValueError("no such\nlayer")
        return (
            torch.nn.Sequential(build(candidate), torch.nn.Linear(candidate.classes, 2))
            if candidate.side == 24
            else build(candidate)
        )

    monkeypatch.setattr(module, "build_module", broken)
    monkeypatch.setattr(build_check, "SMALL_FLOPS", small)
    errors = try_build([replace(network, side=28), network, replace(network, side=24)])
    broken_build, fine, wrong_shape = errors
    assert broken_build.endswith("ValueError: no such layer")
    assert fine is None
    assert "(1, 2)" in wrong_shape
    assert "(1, 10)" in wrong_shape


def test_blocks_that_repeat_are_left_out_and_all_others_are_built(network: Network) -> None:
    stage = network.stages[0]
    other = replace(stage.blocks[0], kernel=5)  # type: ignore[type-var]
    long = replace(stage, blocks=(stage.blocks[0],) * 900 + (other,) * 3 + (stage.blocks[0],))
    short = without_repetitions(replace(network, stages=(long, *network.stages[1:])))
    assert short.stages[0].blocks == (stage.blocks[0],) * 2 + (other,) * 2 + (stage.blocks[0],)
    assert short.stages[1:] == network.stages[1:]
    assert without_repetitions(network) == network


def stand_in(networks: list[Network]) -> list[str | None]:
    return ["too wide" if network.classes > 50 else None for network in networks]


def test_each_network_is_built_once_and_named_by_its_first_point(
    make_point: Callable[[int], Point], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fork_server, "PRELOADED", [])
    monkeypatch.setattr(build_check, "NETWORKS_PER_CALL", 2)
    monkeypatch.setattr(build_check, "try_build", stand_in)
    made = make_point(0)
    points = {
        f"{classes} {seed}": replace(made, network=replace(made.network, classes=classes), seed=seed)
        for classes in (100, 10, 101, 20, 30)
        for seed in (0, 1)
    }
    assert find_unbuildable(points, workers=2) == {"100 0": "too wide", "101 0": "too wide"}
    assert find_unbuildable({}, workers=2) == {}
