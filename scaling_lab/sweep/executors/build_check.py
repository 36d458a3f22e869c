"""Whether networks can be built and take a picture of their side: tried, large ones on torch's meta device."""

from collections.abc import Mapping
from contextlib import closing

from scaling_lab.config.hyperparameters import with_regularization
from scaling_lab.networks.costs.cost import cost
from scaling_lab.networks.network import Network
from scaling_lab.store.schema import Point
from scaling_lab.sweep.executors.processes import Failure, Interrupted, call_in_processes

A_CALL = 50  # networks: a process takes longer to start than to build a few
SMALL = 50_000_000  # FLOPs; computing them takes less than the meta device takes to find out shapes


def unbuildable(points: Mapping[str, Point], workers: int) -> dict[str, str]:
    """Why a network cannot be built, by the key of the first point that has it; each network is tried once."""
    first: dict[Network, str] = {}
    for key, point in points.items():
        first.setdefault(with_regularization(point.network, point.recipe), key)
    networks = list(first)
    size = min(A_CALL, -(-len(networks) // workers)) or 1
    parts = [networks[at : at + size] for at in range(0, len(networks), size)]
    found: dict[str, str] = {}
    with closing(call_in_processes(tried, [(part,) for part in parts], workers)) as ended:
        for place, outcome in ended:
            if isinstance(outcome, Interrupted) or (isinstance(outcome, Failure) and outcome.died):
                continue  # which tells nothing of its networks
            whys = [outcome.reason] * len(parts[place]) if isinstance(outcome, Failure) else outcome
            found |= {first[network]: why for network, why in zip(parts[place], whys, strict=True) if why}
    return {key: found[key] for key in points if key in found}


def tried(networks: list[Network]) -> list[str | None]:
    """What is wrong with each; None where nothing is."""
    import torch

    torch.set_num_threads(1)
    return [_wrong(network) for network in networks]


def _wrong(network: Network) -> str | None:
    import torch

    from scaling_lab.training.module import build_module

    try:
        with torch.device("cpu" if cost(network).flops < SMALL else "meta"), torch.no_grad():
            module = build_module(network).eval()
            logits = module(torch.zeros(1, network.channels, network.side, network.side))
    except Exception as error:
        return f"it cannot be built: {type(error).__name__}: {' '.join(str(error).split())}"
    if tuple(logits.shape) != (1, network.classes):
        return f"it gives {tuple(logits.shape)} for one picture, not {(1, network.classes)}"
    return None
