"""Elements that batch norms make and that global pools read: what counters disagree about."""

from dataclasses import dataclass

from scaling_lab.networks.costs.cost import by_part, cost
from scaling_lab.networks.network import Network


@dataclass(frozen=True)
class Elements:
    """Of one picture: made by norms, read by the pool before the classifier, read by the pools of gates."""

    norm: int
    head_pool: int
    gate_pools: int


def elements(network: Network) -> Elements:
    """Read off the costs; the head's pool is the one before the classifier."""
    spent, (_, head) = cost(network), by_part(network)[-1]
    return Elements(spent.norm_elements, head.pooled, spent.pooled - head.pooled)
