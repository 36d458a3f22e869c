"""`lab.cost` and `lab.fit`: exact costs of scaled networks, computed without building a module."""

from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

from scaling_lab.config import registry
from scaling_lab.errors import UserError, unknown_name
from scaling_lab.networks.costs.cost import Cost, cost_by_part
from scaling_lab.networks.costs.cost import cost as network_cost
from scaling_lab.networks.costs.memory import peak_memory, training_step_bytes
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.fit import FittedNetwork
from scaling_lab.networks.scaling.fit import fit_network as fit_network
from scaling_lab.networks.scaling.multipliers import MAX_MULTIPLIER, Multipliers
from scaling_lab.networks.scaling.rounding import FITTED, PAPER, ROUNDINGS
from scaling_lab.networks.scaling.scale import MultiplierRule, ScalingRule
from scaling_lab.validation import is_number

SMALLEST_SIDE = 8
"""From this number on, `resolution` is a side in pixels; below it, a multiplier of the family's native side."""


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
    def network(self) -> Network:
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
        """Return the memory of a training step with SGD in float32: activations, weights, gradients and momentum."""
        return training_step_bytes(self.network, batch)

    def to_dict(self) -> dict[str, Any]:
        """Return requested and obtained sizes and all counts, as `scaling-lab cost --json` prints them."""
        obtained, peak, wanted = self.fit.obtained, peak_memory(self.network), self.requested
        inner = [stage.inner for stage in self.network.stages]
        return {
            "family": self.family,
            "rule": self.rule,
            "rounding": self.rounding,
            "times_flops": self.times_flops_requested,
            **{name: getattr(wanted, name, None) for name in ("d", "w", "r")},
            "times_flops_got": self.times_flops,
            "d_got": obtained.d,
            "w_got": obtained.w,
            "r_got": obtained.r,
            "flops": self.flops,
            "flops_fvcore": self.total.flops_fvcore,
            "params": self.params,
            "activations": self.activations,
            "inference_bytes": peak.inference,
            "training_bytes": peak.training,
            "depths": list(self.depths),
            "widths": list(self.widths),
            "inner": inner if any(inner) else None,
            "stem": self.network.stem.width,
            "head": self.network.head.width,
            "resolution": self.resolution,
            "total_stride": self.network.total_stride,
        }

    def by_stage(self) -> Any:
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


def cost(
    family: str | Network, *, depth: float = 1.0, width: float = 1.0, resolution: float | None = None
) -> NetworkCost:
    """Return the cost of a family scaled by explicit multipliers, rounded as published.

    Args:
        family: Name of a family (see `lab.families()`), or a network.
        depth: Multiplier of the blocks of each stage.
        width: Multiplier of the channels.
        resolution: Side of the input in pixels, a whole number from 8 on; a number below 8 multiplies the native side.
            None is the native side.

    Raises:
        UserError: Unknown family, or a size out of range.

    >>> import scaling_lab as lab
    >>> b3 = lab.cost("efficientnet_b0", depth=1.4, width=1.2, resolution=300)
    >>> b3
    <efficientnet_b0 at 300 px: 1.827 G multiply-adds, 12.23 M parameters>
    >>> b3.flops, b3.depths
    (1827141392, (2, 3, 3, 5, 5, 6, 2))
    >>> lab.cost("resnet50", resolution=1.5).resolution
    336
    """
    name, baseline = _baseline(family)
    try:
        requested = Multipliers(depth, width, _side_multiplier(resolution, baseline.side))
        return NetworkCost(name, None, PAPER.name, None, requested, fit_network(baseline, requested, None))
    except ValueError as error:
        raise UserError(str(error)) from None


def fit(
    family: str | Network,
    rule: str | ScalingRule,
    *,
    times_flops: float | None = None,
    flops: float | None = None,
    flops_of: str | Network | None = None,
    rounding: str = FITTED.name,
) -> NetworkCost:
    """Return the network that a scaling rule makes of a family for a budget, and its cost.

    Args:
        family: Name of a family (see `lab.families()`), or a network.
        rule: Name of a rule (see `lab.rules()`), or a rule.
        times_flops: Budget in times the family's own FLOPs. Exactly one of the three budgets is required.
        flops: Budget in multiply-adds.
        flops_of: Budget: the FLOPs of this other family.
        rounding: "fitted" solves for the budget; "paper" and "nearest" multiply and round, as published.

    Raises:
        UserError: Unknown names, no or several budgets, or no network near enough to the budget.

    >>> import scaling_lab as lab
    >>> lab.fit("resnet18", "compound", times_flops=2)
    <resnet18 compound 2x at 256 px: 3.631 G multiply-adds, 14.68 M parameters>
    """
    name, baseline = _baseline(family)
    rule_name, value = (rule, build_rule(rule)) if isinstance(rule, str) else (type(rule).__name__, rule)
    if rounding not in ROUNDINGS:
        raise unknown_name("rounding", str(rounding), ROUNDINGS)
    times = _times_flops(baseline, {"times_flops": times_flops, "flops": flops, "flops_of": flops_of})
    try:
        fitted = fit_network(baseline, value, times, ROUNDINGS[rounding])
        requested = value.multipliers(times) if isinstance(value, MultiplierRule) else None
    except ValueError as error:
        raise UserError(str(error)) from None
    return NetworkCost(name, rule_name, rounding, times, requested, fitted)


def build_rule(name: str) -> ScalingRule:
    """Return the rule of a name. Raises UserError for an unknown one, and for one that takes no budget."""
    rule: ScalingRule | Multipliers = registry.build_value("rule", registry.read_yaml("rule", name), name)
    if isinstance(rule, Multipliers):
        raise UserError(f"rule {name} takes no budget; use depth, width and resolution instead of a rule")
    return rule


def build_family(name: str) -> Network:
    """Return the network of a name. Raises UserError for an unknown one."""
    network: Network = registry.build_value("family", registry.read_yaml("family", name), name)
    return network


def _baseline(family: str | Network) -> tuple[str, Network]:
    return (family, build_family(family)) if isinstance(family, str) else ("network", family)


def _times_flops(baseline: Network, budgets: dict[str, Any]) -> float:
    given = {name: value for name, value in budgets.items() if value is not None}
    if len(given) != 1:
        listed = f"both {' and '.join(given)} are given" if given else "no budget is given"
        raise UserError(f"{listed}; give exactly one of {', '.join(budgets)}")
    ((name, value),) = given.items()
    if name == "times_flops":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UserError(f"times_flops is {value!r}; must be a number")
        return float(value)
    if name == "flops_of":
        _, other = _baseline(value)
        return network_cost(other).flops / network_cost(baseline).flops
    if not is_number(value) or not isfinite(value) or value <= 0:
        raise UserError(f"flops is {value!r}; must be a number of multiply-adds above 0")
    return float(value) / network_cost(baseline).flops


def _side_multiplier(resolution: float | None, native: int) -> float:
    """Return the multiplier of the native side. Raises UserError."""
    if resolution is None:
        return 1.0
    largest = int(MAX_MULTIPLIER * native)
    if not is_number(resolution) or not 0 < resolution <= largest:
        raise UserError(
            f"resolution is {resolution!r}; must be a multiplier above 0 and below {SMALLEST_SIDE}, or a side from "
            f"{SMALLEST_SIDE} to {largest} px"
        )
    if resolution < SMALLEST_SIDE:
        return float(resolution)
    if resolution != int(resolution):
        raise UserError(f"resolution is {resolution!r}; a side must be a whole number of pixels")
    return int(resolution) / native
