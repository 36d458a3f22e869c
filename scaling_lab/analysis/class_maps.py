"""Class activation maps of several networks for the same images, as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class NetworkMaps:
    """What one network saw.

    Attributes:
        rule: Its rule; None for the baseline.
        times_flops: Its budget in times the baseline's FLOPs; None for explicit multipliers.
        side: Side of its input in pixels.
        maps: (images, h, w): how much each place speaks for the image's own class, in logits, at the size of the last
            feature map.
        predicted: Class that the network gives each image.
    """

    rule: str | None
    times_flops: float | None
    side: int
    maps: NDArray[np.float64]
    predicted: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ClassMaps:
    """The maps of several networks of one family.

    Attributes:
        images: uint8 (images, h, w, channels), at the largest side.
        labels: Class of each image.
        networks: The baseline first, then its scaled networks.
        seed: Seed of all networks.
    """

    family: str
    dataset: str
    images: NDArray[np.uint8]
    labels: tuple[str, ...]
    networks: tuple[NetworkMaps, ...]
    seed: int
