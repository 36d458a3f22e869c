"""`Factory`: code that builds modules, as a value that has a key and that another process can load again."""

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from scaling_lab.errors import UserError
from scaling_lab.modules.loading import load_function
from scaling_lab.networks.module_network import ModuleCounts, ModuleNetwork
from scaling_lab.networks.network import MAX_SIDE
from scaling_lab.networks.tags import tagged
from scaling_lab.validation import is_integer

if TYPE_CHECKING:
    from torch import nn

REQUIRED = ("depth", "width", "resolution", "classes")
OPTIONAL = ("channels", "dropout", "drop_path")


@tagged("Factory")
@dataclass(frozen=True)
class Factory:
    """A function `make(depth, width, resolution, classes)` that returns a module.

    Attributes:
        name: Module and function, such as "my_nets.make_vgg".
        digest: Digest of the source; other code has other keys.
        package: Name and version of the installed package that it is from; empty for a file.
        place: File, or module that is imported by name. Not part of keys, and not stored in results: what a results
            folder names is found again only where the user has named its source.
    """

    name: str
    digest: str
    package: str = ""
    place: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.name} ({f'{self.package}, ' if self.package else ''}source {self.digest})"

    def accepts(self, setting: str) -> bool:
        """Return whether the function has a parameter of this name."""
        return setting in inspect.signature(self.load()).parameters

    def count(self, network: ModuleNetwork) -> ModuleCounts:
        """Return torch's counts of the module. Raises UserError if it cannot be counted."""
        from scaling_lab.modules.counting import count_module

        return count_module(network)

    def count_norms_and_pools(self, network: ModuleNetwork) -> tuple[int, int]:
        """Return output elements of batch norms and what else fvcore counts. Raises UserError if it disagrees."""
        from scaling_lab.modules.fvcore_check import count_norms_and_pools

        return count_norms_and_pools(network)

    def load(self) -> Any:
        """Return the function.

        Raises:
            UserError: Its source is not known in this process, has changed, cannot be imported or lacks the function.
        """
        from scaling_lab.modules.sources import find_source

        return load_function(self.place or find_source(self.name, self.digest), self.name, self.digest)

    def build(self, network: ModuleNetwork) -> "nn.Module":
        """Return the module of a network, on torch's default device.

        Raises:
            UserError: The factory raises, or returns something else.
        """
        from scaling_lab.modules.building import build_module

        return build_module(self, network)

    def check_repeats(self, network: ModuleNetwork) -> None:
        """Raise UserError unless the factory builds the same module again."""
        from scaling_lab.modules.building import check_repeats

        check_repeats(self, network)


def check_signature(factory: Factory) -> None:
    """Raise UserError unless the factory can be called with depth, width, resolution and classes by name."""
    signature = inspect.signature(factory.load())
    try:
        signature.bind(**dict.fromkeys(REQUIRED))
    except TypeError as error:
        if "channels" in signature.parameters:
            try:
                signature.bind(**dict.fromkeys((*REQUIRED, "channels")))
            except TypeError:
                pass
            else:
                return
        raise UserError(
            f"factory {factory.name} takes {signature}: {error}; must take ({', '.join(REQUIRED)}), and may take "
            f"{', '.join(OPTIONAL)}"
        ) from None


def default_side(factory: Factory) -> int | None:
    """Return the default of the factory's parameter `resolution`; None without one, or for None.

    Raises:
        UserError: It is no integer.
    """
    parameter = inspect.signature(factory.load()).parameters.get("resolution")
    default = None if parameter is None or parameter.default is parameter.empty else parameter.default
    if default is not None and not is_integer(default, 1, MAX_SIDE):
        raise UserError(
            f"factory {factory.name} has the default resolution={default!r}; must be an integer from 1 to {MAX_SIDE}, "
            "the side in pixels"
        )
    return cast("int | None", default)
