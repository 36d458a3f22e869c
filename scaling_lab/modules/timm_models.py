"""Models of timm that take depths and dims, as factories. timm is optional, and is imported when one is built."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from scaling_lab.errors import UserError, reported_as_user_error, unknown_name
from scaling_lab.modules.names import timm_version

if TYPE_CHECKING:
    from torch import nn

SIDE = 224


def timm_factory(model: str) -> "Callable[..., nn.Module]":
    """Return the factory of a model, which scales the blocks of its stages and their channels.

    Raises:
        UserError: timm is not installed, has no such model, or the model does not take depths and dims.
    """
    timm_version()
    with reported_as_user_error("import timm"):
        timm = import_module("timm")
    if model not in (names := timm.list_models()):
        raise unknown_name("model of timm", model, names)
    depths, dims = _stages(timm, model)

    def make(
        depth: float,
        width: float,
        resolution: int = SIDE,  # noqa: ARG001 - the models take any side
        classes: int = 1000,
        channels: int = 3,
        dropout: float = 0.0,
        drop_path: float = 0.0,
    ) -> "nn.Module":
        module: nn.Module = timm.create_model(
            model,
            num_classes=classes,
            in_chans=channels,
            drop_rate=dropout,
            drop_path_rate=drop_path,
            depths=tuple(max(1, int(blocks * depth + 0.5)) for blocks in depths),
            dims=tuple(max(1, int(channels * width + 0.5)) for channels in dims),
        )
        return module

    return make


def _stages(timm: Any, model: str) -> tuple[list[int], list[int]]:
    """Return the blocks and the channels of each stage, as the model itself has them."""
    import torch

    with torch.device("meta"):
        built = timm.create_model(model)
        try:
            depths = [len(stage.blocks) for stage in built.stages]
            dims = [int(stage["num_chs"]) for stage in built.feature_info]
            timm.create_model(model, depths=tuple(depths), dims=tuple(dims))
        except (AttributeError, TypeError, KeyError):
            raise UserError(
                f"model of timm {model} does not take depths and dims, as ConvNeXt does; write a factory for it"
            ) from None
    return depths, dims
