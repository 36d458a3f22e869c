"""A network that code outside this package builds: the arguments of its factory. Counts are measured. No torch."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from scaling_lab.networks.network import MAX_SIDE, Network
from scaling_lab.networks.tags import tagged


class ModuleCounts(NamedTuple):
    """What one image costs in a module, each operator as often as it runs.

    Attributes:
        flops: Multiply-adds of convolutions and matrix products.
        activations: Output elements of these.
        params: Parameters; a shared one counts once.
        layers: Number of convolutions and linear layers.
        channels: Sum of their output channels.
        smallest_map: Smallest side above 1 px of any map.
    """

    flops: int
    activations: int
    params: int
    layers: int
    channels: int
    smallest_map: int


class ModuleFactory(Protocol):
    """Code that builds the modules of a family (`scaling_lab.modules.factory.Factory`).

    Attributes:
        name: Module and function, such as "my_nets.make_vgg".
    """

    @property
    def name(self) -> str: ...

    def __hash__(self) -> int: ...

    def accepts(self, setting: str) -> bool:
        """Return whether the factory has a parameter of this name."""
        ...

    def count(self, network: "ModuleNetwork") -> ModuleCounts:
        """Return torch's counts of the module. Raises UserError if there is none."""
        ...

    def count_norms_and_pools(self, network: "ModuleNetwork") -> tuple[int, int]:
        """Return output elements of batch norms and what else fvcore counts. Raises UserError if it disagrees."""
        ...


@tagged("ModuleNetwork")
@dataclass(frozen=True)
class ModuleNetwork:
    """The module that a factory returns for these arguments.

    Attributes:
        factory: The factory; its name and the digest of its source are part of keys.
        side: Side of the input in pixels, the factory's `resolution`.
        total_stride: Grid of the sides that `fitted` takes, in pixels.
        depth: Multiplier of the depth that the factory gets. Likewise `width`.
        dropout: Rate that the factory gets; None for the factory's own. Likewise `drop_path`.

    Raises:
        ValueError: A size is out of range.
    """

    factory: ModuleFactory
    side: int
    total_stride: int
    depth: float = 1.0
    width: float = 1.0
    classes: int = 1000
    channels: int = 3
    dropout: float | None = None
    drop_path: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.side, int) or isinstance(self.side, bool) or not 1 <= self.side <= MAX_SIDE:
            raise ValueError(f"side is {self.side!r}; must be an integer from 1 to {MAX_SIDE} px")
        if not isinstance(self.total_stride, int) or isinstance(self.total_stride, bool) or self.total_stride < 1:
            raise ValueError(f"grid is {self.total_stride!r}; must be an integer of at least 1 px")
        if self.side < self.total_stride:
            raise ValueError(f"side is {self.side} px; must be at least {self.total_stride} px, the grid of sides")

    @property
    def depths(self) -> tuple[int, ...]:
        """Number of convolutions and linear layers, as one stage."""
        return (self.factory.count(self).layers,)

    @property
    def widths(self) -> tuple[int, ...]:
        """Sum of the output channels of convolutions and linear layers, as one stage."""
        return (self.factory.count(self).channels,)


AnyNetwork = Network | ModuleNetwork
