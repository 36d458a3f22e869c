"""Families of the user's own code: what `_target_` names for them."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from scaling_lab.errors import UserError, unknown_name
from scaling_lab.modules.factory import Factory, check_signature, default_side
from scaling_lab.modules.names import TIMM_PREFIX, code_names, find_registered, installed_factories, timm_version
from scaling_lab.modules.source import source_digest
from scaling_lab.modules.sources import entry_point_digest, remember_source
from scaling_lab.modules.trust import require_trust
from scaling_lab.networks.module_network import ModuleNetwork

PROBED_CLASSES, PROBED_CHANNELS = 10, (3, 1)
PROBED_SIDE = 256  # of the module whose maps give the grid of sides


def module_family(
    path: str | None, factory: str = "make", side: int | None = None, grid: int | None = None
) -> ModuleNetwork:
    """Return the network of a factory in a file at 1x.

    Args:
        path: Python file.
        factory: Name of a function make(depth, width, resolution, classes) in it that returns a torch.nn.Module.
        side: Side of the baseline's images in pixels; None is the default of the parameter `resolution`.
        grid: Grid of the sides that a rule may take; None is the total stride that the maps show.

    Raises:
        UserError: The file is not trusted (`trust=true`), or has no such function.
        ValueError: There is no side.
    """
    if path is None:
        raise UserError("family.path is not set; must be a Python file, such as family.path=my_nets.py")
    file = Path(str(path)).expanduser().resolve()
    if not file.is_file() or file.suffix != ".py":
        raise UserError(f"family.path is {str(path)!r}; must be an existing Python file, such as my_nets.py")
    require_trust(file)
    made = Factory(f"{file.stem}.{factory}", source_digest(file), place=str(file))
    return family_of(made, side, grid)


def family_of(factory: Factory, side: int | None, grid: int | None) -> ModuleNetwork:
    """Return the network of a factory at 1x.

    Args:
        side: Side in pixels; None is the default of the parameter `resolution`.
        grid: Grid of sides; None is the total stride that the maps show.

    Raises:
        UserError: The function is missing, has another signature, or builds no classifier.
        ValueError: There is no side.
    """
    check_signature(factory)
    remember_source(factory.name, factory.digest, factory.place)
    side = default_side(factory) if side is None else side
    if side is None:
        raise ValueError(
            f"factory {factory.name} has no side; give its parameter resolution a default, or set family.side "
            "(--side for cost)"
        )
    channels, stride = _probe(factory, side)
    return ModuleNetwork(factory, side, grid or stride, channels=channels)


@lru_cache(maxsize=1000)
def _probe(factory: Factory, side: int) -> tuple[int, int]:
    """Return channels that the module takes, and its total stride. Raises UserError if it cannot be counted."""
    network = _countable(factory, side)
    factory.check_repeats(network)
    return network.channels, _total_stride(network)


def _countable(factory: Factory, side: int) -> ModuleNetwork:
    """Return the network with the first of the usual numbers of channels that it can be counted with."""
    errors: list[UserError] = []
    for channels in PROBED_CHANNELS:
        network = ModuleNetwork(factory, side, 1, classes=PROBED_CLASSES, channels=channels)
        try:
            factory.count(network)
        except UserError as error:
            errors.append(error)
        else:
            return network
    if len({str(error) for error in errors}) == 1:
        raise errors[0]
    tried = " and ".join(str(channels) for channels in PROBED_CHANNELS)
    raise UserError(f"{errors[0]} (images of {tried} channels were tried)")


def _total_stride(network: ModuleNetwork) -> int:
    """Return the side over that of the smallest map: of a large image, where that has no remainder, else of its own."""
    for side in (PROBED_SIDE, network.side):
        probe = replace(network, side=side)
        try:
            smallest = network.factory.count(probe).smallest_map
        except UserError:  # a module for one side only
            continue
        if smallest and side % smallest == 0:
            return side // smallest
    return 1


def named_family(name: str, side: int | None = None, grid: int | None = None) -> ModuleNetwork:
    """Return the network of a registered factory, or of an entry point of an installed package, at 1x.

    Args:
        name: Name of the family.
        side: Side of the baseline's images in pixels; None is the one registered, or the default of `resolution`.
        grid: Grid of the sides that a rule may take; None is the one registered, or the total stride.

    Raises:
        UserError: There is no such name, or it builds no classifier.
        ValueError: There is no side.
    """
    if registered := find_registered(name):
        return family_of(registered.factory, side or registered.side, grid or registered.grid)
    if name not in installed_factories():
        raise unknown_name("family", name, code_names())
    point = installed_factories()[name]
    package = f"{point.dist.name} {point.dist.version}" if point.dist else ""
    factory = Factory(f"{point.module}.{point.attr}", entry_point_digest(point), package, point.module)
    return family_of(factory, side, grid)


def timm_family(model: str, side: int | None = None, grid: int | None = None) -> ModuleNetwork:
    """Return the network of a model of timm at 1x. The version of timm is part of keys.

    Args:
        model: Name of a model that takes depths and dims, such as "convnext_atto".
        side: Side of the baseline's images in pixels; None is 224.
        grid: Grid of the sides that a rule may take; None is the total stride.

    Raises:
        UserError: timm is not installed, has no such model, or the model does not take depths and dims.
    """
    if not isinstance(model, str):
        raise UserError("family.model is not set; must be a model of timm, such as convnext_atto")
    return family_of(Factory(f"timm.{model}", timm_version(), place=f"{TIMM_PREFIX}{model}"), side, grid)
