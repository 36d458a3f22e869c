"""Elements that batch norms make and that global pools read: what counters disagree about."""

from dataclasses import dataclass

from scaling_lab.cost import cost
from scaling_lab.networks.layers import Chain, Conv, Gate, GlobalPool, Layer, Linear, MaxPool, Norm, Residual
from scaling_lab.networks.spec import Network


@dataclass(frozen=True)
class Elements:
    """Of one picture: made by norms, read by the pool before the classifier, read by the pools of gates."""

    norm: int
    head_pool: int
    gate_pools: int


def elements(network: Network) -> Elements:
    """Counts them. To be replaced by fields of `Cost` once that keeps norms and pools apart."""
    spent, walk = cost(network), _Walk(network.channels, network.side)
    walk.over(network.layers())
    return Elements(walk.norm, walk.pooled, spent.flops_fvcore - spent.flops - 2 * walk.norm - walk.pooled)


class _Walk:
    """Channels and side of the map while the layers go by; gates, which leave both as they are, are passed over."""

    def __init__(self, channels: int, side: int) -> None:
        self.channels, self.side, self.norm, self.pooled = channels, side, 0, 0

    def over(self, layers: tuple[Layer, ...]) -> None:
        for layer in layers:
            match layer:
                case Conv():
                    self.channels, self.side = layer.outputs, -(-self.side // layer.stride)
                case Linear():
                    self.channels = layer.outputs
                case MaxPool():
                    self.side = -(-self.side // layer.stride)
                case Norm():
                    self.norm += self.channels * self.side**2
                case GlobalPool():
                    self.pooled += self.channels * self.side**2
                    self.side = 1
                case Chain():
                    self.over(layer.layers)
                case Residual():
                    self._both(layer)
                case Gate():
                    continue

    def _both(self, residual: Residual) -> None:
        channels, side = self.channels, self.side
        self.over(residual.shortcut)
        self.channels, self.side = channels, side
        self.over(residual.body)
