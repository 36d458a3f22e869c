"""The networks that `benchmarks/training.py` trains: 10 classes of color images of 32 px. No torch."""

from dataclasses import dataclass, replace

from scaling_lab.config import registry
from scaling_lab.config.hyperparameters import Hyperparameters, resolve_hyperparameters
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import PAPER
from scaling_lab.networks.scaling.scale import scale

SIDE, CLASSES, CHANNELS = 32, 10, 3
NARROW = "mobilenet_v2_x0.35"
NAMES = ("mobilenet_v2_small", NARROW, "resnet18_small", "efficientnet_b0_small")
OWN_IN_TIMM = {NARROW: "mobilenetv2_035"}


@dataclass(frozen=True)
class Subject:
    """A network and its hyperparameters."""

    network: Network
    recipe: Hyperparameters


def network(name: str) -> Network:
    """Return a family of conf/ at 32 px, or MobileNetV2 with 0.35 times the width. Raises UserError for other names."""
    narrow = name == NARROW
    architecture = scale(_family("mobilenet_v2"), Multipliers(w=0.35), PAPER) if narrow else _family(name)
    return replace(architecture, side=SIDE, classes=CLASSES, channels=CHANNELS)


def subject(name: str, batch: int, pictures: int, ema: float = 0.0) -> Subject:
    """Return the hyperparameters of conf/recipe/augmented.yaml with a small constant learning rate and no end."""
    recipe = replace(registry.build_value("recipe", registry.read_yaml("recipe", "augmented")), batch=batch, ema=ema)
    architecture = network(name)
    return Subject(
        architecture,
        replace(resolve_hyperparameters(recipe, architecture, pictures), steps=10**9, warmup_steps=0, lr=0.02),
    )


def _family(name: str) -> Network:
    family: Network = registry.build_value("family", registry.read_yaml("family", name))
    return family
