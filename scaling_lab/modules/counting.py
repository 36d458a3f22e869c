"""Count a module as it runs, with torch's FlopCounterMode on the meta device: no arithmetic is done."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from scaling_lab.errors import UserError
from scaling_lab.modules.building import call_text, run_image
from scaling_lab.modules.factory import Factory
from scaling_lab.networks.module_network import ModuleCounts, ModuleNetwork

aten = torch.ops.aten
CONVOLUTIONS = (aten.convolution, aten._convolution)
LINEAR = (aten.mm, aten.addmm)
PRODUCTS = (*CONVOLUTIONS, *LINEAR, aten.bmm, aten.baddbmm)
RECURRENT = (nn.RNNBase, nn.RNNCellBase)
MAX_OPERATIONS = 10_000  # of one image; a convolutional network of 1,000 layers has about 3,000


class UncountableError(UserError):
    """A module that is counted nowhere: on no device, and at no other size of its layers."""


class _Outputs(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sums the outputs of convolutions and matrix products while it is active. `call`: the factory's, for messages."""

    def __init__(self, call: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.call = call
        self.activations = self.layers = self.channels = 0
        self.smallest_map = self.operations = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.operations += 1
        if self.operations > MAX_OPERATIONS:
            raise UncountableError(f"{self.call} runs more than {MAX_OPERATIONS:,} operations on one image; too many")
        out = func(*args, **(kwargs or {}))
        packet = func._overloadpacket
        if packet in PRODUCTS:
            self.activations += out.numel()
        if packet in CONVOLUTIONS or packet in LINEAR:
            self.layers += 1
            self.channels += out.shape[1]
        for tensor in out if isinstance(out, tuple) else (out,):
            if isinstance(tensor, Tensor) and tensor.ndim == 4 and tensor.shape[2] == tensor.shape[3] > 1:
                side = tensor.shape[2]
                self.smallest_map = min(side, self.smallest_map or side)
        return out


def count_module(network: ModuleNetwork) -> ModuleCounts:
    """Return the counts of one image in evaluation mode, memoized by the arguments of the factory.

    Raises:
        UserError: The factory or its module fails.
    """
    return _count(network)[0]


def flops_by_module(network: ModuleNetwork) -> dict[str, dict[str, int]]:
    """Return multiply-adds by the name of each module and operator, as torch counts them; "" is the whole."""
    return _count(network)[1]


@lru_cache(maxsize=10_000)
def _count(network: ModuleNetwork) -> tuple[ModuleCounts, dict[str, dict[str, int]]]:
    try:
        return _count_on("meta", network)
    except UncountableError:
        raise
    except UserError:  # code that needs values, such as .item(), or a mistake, which the CPU shows too
        counted, noise = _count_on("cpu", network), _count_on("cpu", network, torch.rand)
    if counted != noise:
        raise UserError(
            f"factory {cast(Factory, network.factory).name} returns a module whose cost depends on the image: "
            f"{counted[0].flops:,} multiply-adds for a black one, {noise[0].flops:,} for noise"
        )
    return counted


def _count_on(
    device: str, network: ModuleNetwork, make_image: Callable[..., Tensor] = torch.zeros
) -> tuple[ModuleCounts, dict[str, dict[str, int]]]:
    with torch.random.fork_rng(devices=[]), torch.device(device):
        module = cast(Factory, network.factory).build(network).eval()
        return count_built(network, module, device, make_image)


def count_built(
    network: ModuleNetwork, module: nn.Module, device: str, make_image: Callable[..., Tensor] = torch.zeros
) -> tuple[ModuleCounts, dict[str, dict[str, int]]]:
    """Return the counts of a module that the factory has built, and multiply-adds as `flops_by_module` does.

    Args:
        network: The arguments that the factory was called with.
        module: The module in evaluation mode.
        device: Its device, "meta" or "cpu".
        make_image: Makes an image from its shape.

    Raises:
        UserError: The module fails, or has nothing that is counted.
    """
    factory = cast(Factory, network.factory)
    outputs, counter = _Outputs(call_text(factory, network)), FlopCounterMode(display=False)
    _refuse_recurrent(factory, network, module)
    with torch.no_grad(), counter, outputs:
        run_image(factory, network, module, device, make_image)
    params = sum(parameter.numel() for parameter in module.parameters())
    by_module = _halved(counter, module)
    flops = sum(by_module[""].values())
    if not flops:
        raise UserError(f"factory {factory.name} returns a module without a convolution or a linear layer")
    counts = (flops, outputs.activations, params, outputs.layers, outputs.channels, outputs.smallest_map)
    return ModuleCounts(*counts), by_module


def _refuse_recurrent(factory: Factory, network: ModuleNetwork, module: nn.Module) -> None:
    """Raise UncountableError for recurrent layers: fvcore does not count them, and torch takes minutes."""
    recurrent = [
        f"{name} ({type(part).__name__})" for name, part in module.named_modules() if isinstance(part, RECURRENT)
    ]
    if recurrent:
        raise UncountableError(
            f"{call_text(factory, network)} has recurrent layers, whose multiply-adds fvcore does not count: "
            f"{', '.join(recurrent[:3])}"
        )


def _halved(counter: FlopCounterMode, module: nn.Module) -> dict[str, dict[str, int]]:
    """Return the counts as multiply-adds, which torch counts as two, under the names of `named_modules`."""
    root = type(module).__name__
    counts = {"": counter.get_flop_counts().get("Global", {})}
    for name, operators in counter.get_flop_counts().items():
        if name.startswith(f"{root}."):
            counts[name.removeprefix(f"{root}.")] = operators
    return {
        name: {str(operator).rpartition(".")[2]: count // 2 for operator, count in operators.items()}
        for name, operators in counts.items()
    }
