"""Weights of a trained point in a safetensors file: the last ones and their average, with what they belong to.

The metadata has the point's key and canonical form, the normalization of images and the names of the classes, so that
a file explains itself. It is read with safetensors alone, which holds tensors and text and executes nothing.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from scaling_lab.atomic import replace_file
from scaling_lab.data.normalization import FixedNormalizer
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.errors import UserError
from scaling_lab.store.keys import canonical_form
from scaling_lab.store.results import Store, WriteError
from scaling_lab.store.schema import Point

if TYPE_CHECKING:
    from scaling_lab.training.state import Training

FINAL, AVERAGED = "final.", "averaged."
FORMAT = "scaling-lab weights 1"


@dataclass(frozen=True)
class WeightsMetadata:
    """What a file says about its weights.

    Attributes:
        class_names: Name of each class, in the order of the labels; empty if not known.
        mean: Of the training images in 0 .. 1, one number per channel. Likewise `std`.
        is_averaged: Whether the result was measured with the averaged weights.
    """

    class_names: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    is_averaged: bool

    def normalizer(self, classes: int) -> FixedNormalizer:
        """Return the normalization of the training."""
        return FixedNormalizer(classes, self.mean, self.std)


@dataclass(frozen=True, eq=False)
class WeightsFile:
    """Path of a point's weights.

    Attributes:
        path: File results/<study>/weights/<key>.safetensors.
        key: Key of the point.
    """

    path: Path
    key: str

    @classmethod
    def of(cls, store: Store, key: str) -> "WeightsFile":
        """Return the file of a point in a results folder."""
        return cls(store.weights_path(key), key)

    def write(self, training: "Training", point: Point, dataset: Dataset) -> None:
        """Write the weights atomically.

        Raises:
            WriteError: The file cannot be written.
        """
        from safetensors.torch import save

        modules = {FINAL: training.module} | ({AVERAGED: training.ema.module} if training.ema else {})
        tensors = {
            prefix + name: tensor.detach()
            .cpu()
            .clone(memory_format=torch.contiguous_format)  # tied ones are stored twice
            for prefix, module in modules.items()
            for name, tensor in module.state_dict().items()
        }
        metadata = {
            "format": FORMAT,
            "key": point.key,
            "point": json.dumps(canonical_form(point), sort_keys=True),
            "class_names": json.dumps(list(dataset.class_names)),
            "mean": json.dumps(list(dataset.mean)),
            "std": json.dumps(list(dataset.std)),
            "evaluated": (AVERAGED if training.ema else FINAL).rstrip("."),
        }
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self.path, save(tensors, metadata))
        except OSError as error:
            raise WriteError(f"{self.path} cannot be written: {error.strerror}") from None

    def read_metadata(self) -> WeightsMetadata:
        """Return what the file says about its weights.

        Raises:
            UserError: The file is missing, damaged or of another point.
        """
        with self._opened() as file:
            raw = file.metadata() or {}
            try:
                names, mean, std = (tuple(json.loads(raw[name])) for name in ("class_names", "mean", "std"))
            except (KeyError, ValueError, TypeError) as error:
                raise UserError(f"{self.path} has no readable metadata: {error}") from None
            return WeightsMetadata(names, mean, std, f"{raw.get('evaluated')}." == AVERAGED)

    def load_into(self, module: nn.Module, averaged: bool) -> None:
        """Load the averaged or the last weights into a module of the point's network.

        Raises:
            UserError: The file is missing, damaged, of another point, or does not fit the module.
        """
        prefix = AVERAGED if averaged else FINAL
        with self._opened() as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118 - not a dict
            module.load_state_dict({name.removeprefix(prefix): file.get_tensor(name) for name in names})

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        """Context manager: the open file, checked to be of the point; errors of reading become UserErrors."""
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.path, "pt") as file:
                key = (file.metadata() or {}).get("key")
                if key != self.key:
                    raise UserError(f"{self.path} has the weights of {key}, not of {self.key}")
                yield file
        except FileNotFoundError:
            raise UserError(f"there are no weights {self.path}") from None
        except (OSError, SafetensorError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise UserError(f"{self.path} cannot be read as weights of {self.key}: {reason}") from None
