"""Check that networks can be built and accept an image of their side; large ones on torch's meta device.

Of equal blocks in a row, two are built: the others have the same shapes, and there may be thousands.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from itertools import groupby, islice

from scaling_lab.config.hyperparameters import with_regularization
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.module_network import AnyNetwork, ModuleNetwork
from scaling_lab.store.schema import Point
from scaling_lab.study.display.planning import track
from scaling_lab.study.executors.processes import Failure, Interrupted, call_in_processes

NETWORKS_PER_CALL = 50  # a process takes longer to start than to build a few
SMALL_FLOPS = 50_000_000  # below, computing takes less time than inferring shapes on the meta device


def find_unbuildable(points: Mapping[str, Point], workers: int) -> dict[str, str]:
    """Try to build each network once, without blocks that repeat the one before.

    Args:
        points: points by key.
        workers: processes that build.

    Returns:
        Why a network cannot be built, by the key of its first point.
    """
    first: dict[AnyNetwork, str] = {}
    for key, point in points.items():
        first.setdefault(without_repetitions(with_regularization(point.network, point.recipe)), key)
    networks = list(first)
    size = min(NETWORKS_PER_CALL, -(-len(networks) // workers)) or 1
    parts = [networks[at : at + size] for at in range(0, len(networks), size)]
    reasons: dict[str, str] = {}
    with closing(call_in_processes(try_build, [(part,) for part in parts], workers)) as outcomes:
        for place, outcome in track(outcomes, "building each network once", len(parts)):
            if isinstance(outcome, Interrupted) or (isinstance(outcome, Failure) and outcome.died):
                continue  # says nothing about its networks
            results = [outcome.reason] * len(parts[place]) if isinstance(outcome, Failure) else outcome
            reasons |= {first[network]: reason for network, reason in zip(parts[place], results, strict=True) if reason}
    return {key: reasons[key] for key in points if key in reasons}


def without_repetitions(network: AnyNetwork) -> AnyNetwork:
    """Return the network with at most two equal blocks in a row: the first of a stage has the stride.

    A module stays as it is.
    """
    if isinstance(network, ModuleNetwork):
        return network
    stages = (
        replace(stage, blocks=tuple(block for _, run in groupby(stage.blocks) for block in islice(run, 2)))
        for stage in network.stages
    )
    return replace(network, stages=tuple(stages))


def try_build(networks: list[AnyNetwork]) -> list[str | None]:
    """Return what is wrong with each network; None if nothing is."""
    import torch

    torch.set_num_threads(1)
    return [_build_error(network) for network in networks]


def _build_error(network: AnyNetwork) -> str | None:
    import torch

    from scaling_lab.training.module import build_module

    try:
        with torch.device("cpu" if network_cost(network).flops < SMALL_FLOPS else "meta"), torch.no_grad():
            module = build_module(network).eval()
            logits = module(torch.zeros(1, network.channels, network.side, network.side))
    except Exception as error:  # any error of torch is the reason
        return f"the network cannot be built: {type(error).__name__}: {' '.join(str(error).split())}"
    if tuple(logits.shape) != (1, network.classes):
        return f"the network returns shape {tuple(logits.shape)} for one image; must be {(1, network.classes)}"
    return None
