"""Families and rules by name, with the settings that the Python interface and the command line take."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from scaling_lab.api.arguments import require_count, require_type, to_plain_number
from scaling_lab.config import registry
from scaling_lab.errors import UserError
from scaling_lab.networks.module_network import AnyNetwork, ModuleNetwork
from scaling_lab.networks.network import MAX_CHANNELS, MAX_CLASSES, Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.scale import ScalingRule


def build_family(name: str) -> AnyNetwork:
    """Return the network of a name. Raises UserError for an unknown one."""
    network: AnyNetwork = registry.build_value("family", registry.read_yaml("family", name), name)
    return network


def build_baseline(
    family: str | AnyNetwork, side: int | None = None, channels: int | None = None, classes: int | None = None
) -> tuple[str, AnyNetwork]:
    """Return the label and the network of a family at a side, with a number of input channels and of classes.

    Args:
        family: Name of a family, or a network.
        side: Side of the input in pixels; None is the family's own.
        channels: Channels of the input; None is the family's own, 3.
        classes: Classes of the classifier; None is the family's own, 1,000.

    Raises:
        UserError: Unknown family, a side below the total stride, or a number of channels or classes out of range.
    """
    require_type("family", family, (str, Network, ModuleNetwork), "the name of a family, or a network")
    side = to_plain_number(side)
    if isinstance(family, str):
        content = registry.read_yaml("family", family)
        content = content if side is None else content | {"side": side}
        network: AnyNetwork = registry.build_value("family", content, family)
        label = registry.display_name("family", family, content)
    else:
        label, network = "network", family
        try:
            network = network if side is None else replace(network, side=side)
        except ValueError as error:
            raise UserError(str(error)) from None
    if channels is not None:
        network = replace(network, channels=require_count("channels", channels, MAX_CHANNELS))
    if classes is not None:
        network = replace(network, classes=require_count("classes", classes, MAX_CLASSES))
    return label, network


def build_rule(name: str, settings: Mapping[str, Any] | None = None) -> tuple[str, ScalingRule]:
    """Return the label and the rule of a name.

    Args:
        name: Name of a rule.
        settings: Values in place of those in the rule's file, such as {"alpha": 1.1}.

    Raises:
        UserError: An unknown rule or setting, or a rule that takes no budget.
    """
    content = registry.read_yaml("rule", name) | dict(settings or {})
    rule: ScalingRule | Multipliers = registry.build_value("rule", content, name)
    if isinstance(rule, Multipliers):
        raise UserError(f"rule {name} takes no budget; use depth, width and resolution instead of a rule")
    return registry.display_name("rule", name, content), rule
