"""`lab.cost` and `lab.fit`: exact costs of scaled networks, computed without building a module."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from scaling_lab.api.arguments import require_type, to_plain_number
from scaling_lab.api.build import build_baseline, build_rule
from scaling_lab.api.network_cost import NetworkCost
from scaling_lab.errors import UserError, unknown_name
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.module_network import AnyNetwork
from scaling_lab.networks.scaling.fit import fit_network
from scaling_lab.networks.scaling.multipliers import MAX_MULTIPLIER, Multipliers
from scaling_lab.networks.scaling.rounding import FITTED, PAPER, ROUNDINGS
from scaling_lab.networks.scaling.scale import MultiplierRule, ScalingRule
from scaling_lab.validation import is_number

SMALLEST_SIDE = 8
"""From this number on, `resolution` is a side in pixels; below it, a multiplier of the family's native side."""


def cost(
    family: str | AnyNetwork,
    *,
    depth: float = 1.0,
    width: float = 1.0,
    resolution: float | None = None,
    side: int | None = None,
    channels: int | None = None,
    classes: int | None = None,
) -> NetworkCost:
    """Return the cost of a family scaled by explicit multipliers, rounded as published.

    Args:
        family: Name of a family (see `lab.families()`), or a network.
        depth: Multiplier of the blocks of each stage.
        width: Multiplier of the channels.
        resolution: Side of the input in pixels, a whole number from 8 on; a number below 8 multiplies the native side.
            None is the native side.
        side: Side of the baseline's input in pixels; None is the family's own.
        channels: Channels of the input; None is 3.
        classes: Classes of the classifier; None is 1,000, which need not be the number of a study.

    Raises:
        UserError: Unknown family, or a size out of range.

    Examples:
        >>> import scaling_lab as lab
        >>> b3 = lab.cost("efficientnet_b0", depth=1.4, width=1.2, resolution=300)
        >>> b3
        <efficientnet_b0 at 300 px: 1.827 G multiply-adds, 12.23 M parameters>
        >>> b3.flops, b3.depths
        (1827141392, (2, 3, 3, 5, 5, 6, 2))
        >>> lab.cost("resnet50", resolution=1.5).resolution
        336
    """
    name, baseline = build_baseline(family, side, channels, classes)
    depth, width, resolution = to_plain_number(depth), to_plain_number(width), to_plain_number(resolution)
    try:
        requested = Multipliers(depth, width, _side_multiplier(resolution, baseline.side))
        return NetworkCost(name, None, PAPER.name, None, requested, fit_network(baseline, requested, None))
    except ValueError as error:
        raise UserError(str(error)) from None


def fit(
    family: str | AnyNetwork,
    rule: str | ScalingRule,
    *,
    times_flops: float | None = None,
    flops: float | None = None,
    flops_of: str | AnyNetwork | None = None,
    rounding: str = FITTED.name,
    side: int | None = None,
    channels: int | None = None,
    classes: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> NetworkCost:
    """Return the network that a scaling rule makes of a family for a budget, and its cost.

    Args:
        family: Name of a family (see `lab.families()`), or a network.
        rule: Name of a rule (see `lab.rules()`), or a rule.
        times_flops: Budget in times the family's own FLOPs. Exactly one of the three budgets is required.
        flops: Budget in multiply-adds.
        flops_of: Budget: the FLOPs of this other family.
        rounding: "fitted" solves for the budget; "paper" and "nearest" multiply and round, as published.
        side: Side of the baseline's input in pixels; None is the family's own.
        channels: Channels of the input; None is 3.
        classes: Classes of the classifier; None is 1,000, which need not be the number of a study.
        settings: Constants in place of those in the rule's file, such as {"alpha": 1.1}.

    Raises:
        UserError: Unknown names, no or several budgets, or no network near enough to the budget.

    Examples:
        >>> import scaling_lab as lab
        >>> lab.fit("resnet18", "compound", times_flops=2)
        <resnet18 compound 2x at 256 px: 3.631 G multiply-adds, 14.68 M parameters>
        >>> lab.fit("resnet18", "depth", times_flops=2, side=64)
        <resnet18(side=64) depth 2x at 64 px: 0.2996 G multiply-adds, 24.23 M parameters>
    """
    name, baseline = build_baseline(family, side, channels, classes)
    rule_name, value = _named_rule(rule, settings)
    if not isinstance(rounding, str) or rounding not in ROUNDINGS:
        raise unknown_name("rounding", str(rounding), ROUNDINGS)
    times = _times_flops(baseline, {"times_flops": times_flops, "flops": flops, "flops_of": flops_of})
    try:
        fitted = fit_network(baseline, value, times, ROUNDINGS[rounding])
        requested = value.multipliers(times) if isinstance(value, MultiplierRule) else None
    except ValueError as error:
        raise UserError(str(error)) from None
    return NetworkCost(name, rule_name, rounding, times, requested, fitted)


def _named_rule(rule: str | ScalingRule, settings: Mapping[str, Any] | None) -> tuple[str, ScalingRule]:
    if settings is not None:
        require_type("settings", settings, Mapping, "a mapping of constants by name")
        require_type("rule", rule, str, "the name of a rule where settings are given")
    if isinstance(rule, str):
        return build_rule(rule, settings)
    require_type(
        "rule", rule, ScalingRule, "the name of a rule, or a rule with network(baseline, times_flops, rounding)"
    )
    return type(rule).__name__, rule


def _times_flops(baseline: AnyNetwork, budgets: dict[str, Any]) -> float:
    given = {name: to_plain_number(value) for name, value in budgets.items() if value is not None}
    if len(given) != 1:
        listed = f"both {' and '.join(given)} are given" if given else "no budget is given"
        raise UserError(f"{listed}; give exactly one of {', '.join(budgets)}")
    ((name, value),) = given.items()
    if name == "times_flops":
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UserError(f"times_flops is {value!r:.40}; must be a number")
        return float(value)
    if name == "flops_of":
        _, other = build_baseline(value, None, baseline.channels, baseline.classes)
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
