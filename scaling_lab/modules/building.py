"""Build the module of a network by its factory."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.parameter import UninitializedParameter

from scaling_lab.errors import UserError, reported_as_user_error
from scaling_lab.networks.module_network import ModuleNetwork

if TYPE_CHECKING:
    from scaling_lab.modules.factory import Factory


def factory_arguments(factory: "Factory", network: ModuleNetwork) -> dict[str, Any]:
    """Return the arguments that a factory is called with: the required ones, and the optional ones that it has."""
    optional = {name: getattr(network, name) for name in ("channels", "dropout", "drop_path")}
    return {
        "depth": network.depth,
        "width": network.width,
        "resolution": network.side,
        "classes": network.classes,
        **{name: value for name, value in optional.items() if value is not None and factory.accepts(name)},
    }


def call_text(factory: "Factory", network: ModuleNetwork) -> str:
    """Return the call of a factory, for messages."""
    arguments = factory_arguments(factory, network).items()
    return f"{factory.name}({', '.join(f'{name}={value!r}' for name, value in arguments)})"


def build_module(factory: "Factory", network: ModuleNetwork) -> nn.Module:
    """Return the module of a network, on torch's default device. Nothing in it is changed.

    Raises:
        UserError: The factory raises, returns something else, or leaves parameters without a shape.
    """
    make, arguments = factory.load(), factory_arguments(factory, network)
    with reported_as_user_error(call_text(factory, network)):
        module = make(**arguments)
    if not isinstance(module, nn.Module):
        raise UserError(
            f"{call_text(factory, network)} returns a {type(module).__name__}; must return a torch.nn.Module"
        )
    lazy = [name for name, parameter in module.named_parameters() if isinstance(parameter, UninitializedParameter)]
    if lazy:
        raise UserError(
            f"{call_text(factory, network)}: {', '.join(lazy[:3])} has no shape; lazy modules are not allowed"
        )
    return module


def run_image(
    factory: "Factory",
    network: ModuleNetwork,
    module: nn.Module,
    device: str,
    make_image: Callable[..., torch.Tensor] = torch.zeros,
) -> None:
    """Run one image through a module, a black one unless `make_image` makes another from its shape.

    Raises:
        UserError: The module fails, or does not return one logit per class.
    """
    shape = (1, network.channels, network.side, network.side)
    with reported_as_user_error(f"{call_text(factory, network)} on an image of shape {shape}"):
        logits = module(make_image(shape, device=device))
    if not isinstance(logits, torch.Tensor) or tuple(logits.shape) != (1, network.classes):
        returned = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise UserError(
            f"{call_text(factory, network)} returns {returned} for one image; must return logits of shape "
            f"{(1, network.classes)}"
        )


def check_repeats(factory: "Factory", network: ModuleNetwork) -> None:
    """Raise UserError unless a factory builds the same module again, with initial weights that torch's seed decides."""
    states, parts = [], []
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        for seed in (0, 0, 1):
            torch.manual_seed(seed)
            module = build_module(factory, network)
            parts.append(_list_parts(module))
            states.append({n: value for n, value in module.state_dict().items() if isinstance(value, torch.Tensor)})
    first, second, third = states
    shapes, again = ({name: tuple(tensor.shape) for name, tensor in state.items()} for state in (first, second))
    changed = [name for name in {**shapes, **again} if shapes.get(name) != again.get(name)]
    if changed:
        name = changed[0]
        raise UserError(
            f"{call_text(factory, network)} gives another module the second time: {name} has the shape "
            f"{shapes.get(name, 'nothing')}, then {again.get(name, 'nothing')}"
        )
    if parts[0] != parts[1]:
        name = next(name for name in {**parts[0], **parts[1]} if parts[0].get(name) != parts[1].get(name))
        raise UserError(
            f"{call_text(factory, network)} gives another module the second time: {name} is "
            f"{parts[0].get(name, 'nothing')}, then {parts[1].get(name, 'nothing')}"
        )
    if other := [name for name in first if not torch.equal(first[name], second[name])]:
        raise UserError(
            f"{call_text(factory, network)} gives other initial weights from the same torch seed: {other[0]}; draw "
            "them with torch's default generator"
        )
    if all(torch.equal(first[name], third[name]) for name in first):
        raise UserError(
            f"{call_text(factory, network)} gives the same initial weights from two torch seeds, so that all seeds "
            "would be one training; leave torch.manual_seed to the sweep"
        )


def _list_parts(module: nn.Module) -> dict[str, str]:
    """Return class and settings, such as `Conv2d(3, 8, ...)`, of each submodule by name, without memory addresses."""
    return {
        name: re.sub(r" at 0x[0-9a-f]+", "", f"{type(part).__name__}({part.extra_repr()})")
        for name, part in module.named_modules()
    }
