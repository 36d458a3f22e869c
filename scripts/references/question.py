"""A reference network as a question, its answer, the released multipliers, and deepening."""

import math
from dataclasses import dataclass

from torch import nn

CLASSES = 1000
DEFAULT_EPS = 1e-5  # torch's; the EfficientNets of the paper have 1e-3
EFFICIENTNET_TABLE = [
    (1.0, 1.0, 224),
    (1.0, 1.1, 240),
    (1.1, 1.2, 260),
    (1.2, 1.4, 300),
    (1.4, 1.8, 380),
    (1.6, 2.2, 456),
    (1.8, 2.6, 528),
    (2.0, 3.1, 600),
]  # B0 to B7: width, depth, side
LITE_TABLE = [
    (1.0, 1.0, 224),
    (1.0, 1.1, 240),
    (1.1, 1.2, 260),
    (1.2, 1.4, 280),
    (1.4, 1.8, 300),
]  # Lite0 to Lite4: width, depth, side


@dataclass(frozen=True)
class Question:
    """A network to ask about; `outputs` asks for its outputs too, under weights with this `gain`."""

    family: str
    side: int
    depth: float = 1.0
    width: float = 1.0
    norm_eps: float = DEFAULT_EPS
    outputs: bool = False
    gain: float = 1.0
    classes: int = CLASSES

    @property
    def name(self) -> str:
        """Unique in the file."""
        eps = "" if self.norm_eps == DEFAULT_EPS else f" eps={self.norm_eps:g}"
        return f"{self.family} depth={self.depth:g} width={self.width:g} side={self.side}{eps}"


@dataclass(frozen=True)
class Answer:
    """A built network: its module, its blocks per stage, the library it comes from."""

    module: nn.Module
    depths: list[int]
    library: str


def deeper(blocks: list[int], depth: float) -> list[int]:
    """ceil(depth * blocks) for each stage; an error where floating point decides it."""
    deep = [math.ceil(depth * n) for n in blocks]
    if deep != [math.ceil(depth * n - 1e-9) for n in blocks]:
        raise ValueError(f"depth {depth} falls on a whole number of blocks by floating point")
    return deep
