"""`NetworkCost`: a scaled network with its costs, as `lab.cost` and `lab.fit` return it."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from scaling_lab.api.arguments import require_count
from scaling_lab.errors import UserError
from scaling_lab.networks.costs.cost import Cost, cost_by_part, network_cost
from scaling_lab.networks.costs.memory import peak_memory, training_step_bytes
from scaling_lab.networks.module_network import AnyNetwork, ModuleNetwork
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.fitted import FittedNetwork
from scaling_lab.networks.scaling.multipliers import Multipliers

if TYPE_CHECKING:
    import pandas as pd

MAX_BATCH = 1_000_000


@dataclass(frozen=True, eq=False)
class NetworkCost:
    """A scaled network and its cost for one image. `print` shows a table by stage.

    Attributes:
        family: Name of the family.
        rule: Name of the scaling rule; None for explicit multipliers.
        rounding: Name of the rounding.
        times_flops_requested: Requested budget in times the family's own FLOPs; None for explicit multipliers.
        requested: Requested multipliers; None for a rule that is not a split of one budget.
        fit: The network obtained, its times_flops and its multipliers.
    """

    family: str
    rule: str | None
    rounding: str
    times_flops_requested: float | None
    requested: Multipliers | None
    fit: FittedNetwork

    @property
    def network(self) -> AnyNetwork:
        """The network as a value: stem, stages, head, side."""
        return self.fit.network

    @cached_property
    def total(self) -> Cost:
        """All counts of one forward pass."""
        return network_cost(self.network)

    @property
    def flops(self) -> int:
        """Multiply-adds of convolutions and linear layers."""
        return self.total.flops

    @property
    def params(self) -> int:
        """Trainable parameters."""
        return self.total.params

    @property
    def activations(self) -> int:
        """Output elements of convolutions and linear layers."""
        return self.total.activations

    @property
    def times_flops(self) -> float:
        """FLOPs obtained, in times the family's own."""
        return self.fit.times_flops

    @property
    def resolution(self) -> int:
        """Side of the input in pixels."""
        return self.network.side

    @property
    def depths(self) -> tuple[int, ...]:
        """Blocks of each stage."""
        return self.network.depths

    @property
    def widths(self) -> tuple[int, ...]:
        """Output channels of each stage."""
        return self.network.widths

    def training_bytes(self, batch: int = 64) -> int:
        """Return the memory of a training step with SGD in float32: activations, weights, gradients and momentum.

        Raises:
            UserError: batch is not an integer from 1 to 1,000,000, or the network is a module of the user's, whose
                memory is not known.
        """
        if isinstance(self.network, ModuleNetwork):
            raise UserError(f"the memory of a module is not known before it is trained: {self.family}")
        return training_step_bytes(self.network, require_count("batch", batch, MAX_BATCH))

    def to_dict(self) -> dict[str, Any]:
        """Return requested and obtained sizes and all counts, as `scaling-lab cost --json` prints them."""
        obtained, value = self.fit.obtained, self.network if isinstance(self.network, Network) else None
        peak = peak_memory(value) if value else None
        inner = [stage.inner for stage in value.stages] if value else []
        return {
            "family": self.family,
            "rule": self.rule,
            "rounding": self.rounding,
            "times_flops": self.times_flops_requested,
            **{name: getattr(self.requested, name, None) for name in ("d", "w", "r")},
            "times_flops_got": self.times_flops,
            "d_got": obtained.d,
            "w_got": obtained.w,
            "r_got": obtained.r,
            "flops": self.flops,
            "flops_fvcore": self.total.flops_fvcore,
            "params": self.params,
            "activations": self.activations,
            "inference_bytes": peak.inference if peak else None,
            "training_bytes": peak.training if peak else None,
            "depths": list(self.depths),
            "widths": list(self.widths),
            "inner": inner if any(inner) else None,
            "stem": value.stem.width if value else None,
            "head": value.head.width if value else None,
            "resolution": self.resolution,
            "channels": self.network.channels,
            "classes": self.network.classes,
            "total_stride": self.network.total_stride,
        }

    def by_stage(self) -> "pd.DataFrame":
        """Return a DataFrame with FLOPs (multiply-adds), params and activations of stem, stages and head."""
        import pandas as pd

        rows = {name: (part.flops, part.params, part.activations) for name, part in cost_by_part(self.network)}
        return pd.DataFrame.from_dict(rows, orient="index", columns=["flops", "params", "activations"])

    def __repr__(self) -> str:
        rule = f" {self.rule} {self.times_flops_requested:g}x" if self.rule else ""
        return (
            f"<{self.family}{rule} at {self.resolution} px: {self.flops / 1e9:.4g} G multiply-adds, "
            f"{self.params / 1e6:.4g} M parameters>"
        )

    def __str__(self) -> str:
        from scaling_lab.api.cost_text import cost_text

        return cost_text(self)

    def _repr_html_(self) -> str:
        return f"<p>{repr(self)[1:-1]}</p>{self.by_stage().to_html()}"
