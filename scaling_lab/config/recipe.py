"""Training recipes as a user sets them, one YAML file each in conf/recipe/. No torch."""

from dataclasses import dataclass
from typing import Literal, get_args

from scaling_lab.validation import is_integer, is_number

OptimizerName = Literal["sgd", "rmsprop", "adamw"]
ScheduleName = Literal["cosine", "staircase"]
DecayedWeights = Literal["weights", "no_depthwise", "no_norms", "all"]
PolicyName = Literal["none", "autoaugment", "randaugment"]
GrowingValue = float | tuple[tuple[float, float], tuple[float, float]] | None

INTEGER_RANGES = {
    "epochs": (1, 100_000),
    "batch": (1, 1_000_000),
    "lr_batch": (1, 1_000_000),
    "operations": (1, 100),
    "eval_border": (0, 10_000),
}
MAX_EMA_STEPS = 10**9
MAX_FLOPS = 1e18
CHOICES = {"optimizer": OptimizerName, "schedule": ScheduleName, "decayed": DecayedWeights, "policy": PolicyName}
GROWING_MAXIMUMS = {"dropout": 0.99, "drop_path": 0.99, "magnitude": 10}


@dataclass(frozen=True)
class Recipe:
    """Settings of a training, independent of the network.

    `dropout`, `drop_path` and `magnitude` are a number, or grow with the network: [[FLOPs, value], [FLOPs, value]],
    interpolated in the logarithm of the FLOPs (multiply-adds) and constant beyond both ends.

    Attributes:
        epochs: Passes over the training part, at most 100,000.
        batch: Images per optimizer step.
        lr: Peak learning rate, 1e-9 to 100, for `lr_batch` images per step, scaled linearly with the batch.
        lr_batch: See `lr`.
        optimizer: sgd, rmsprop (TensorFlow's) or adamw.
        momentum: Momentum of SGD and RMSProp; first beta of AdamW.
        nesterov: Nesterov momentum of SGD.
        square_decay: Decay of the mean square of RMSProp; second beta of AdamW.
        eps: Epsilon of RMSProp and AdamW.
        weight_decay: Added to the gradient; decoupled for AdamW.
        decayed: Weights that decay: those of convolutions and linear layers (weights), the same without depthwise
            convolutions (no_depthwise), all but those of batch norms (no_norms), or all.
        schedule: Half a cosine down to zero, or a staircase.
        warmup_epochs: Linear warm-up from zero.
        decay_rate: Factor of the staircase every `decay_epochs`.
        decay_epochs: See `decay_rate`; counted from the first step.
        ema: Decay of the averaged weights that are evaluated; 0 for none.
        ema_steps: Steps for which `ema` was chosen; the decay is scaled to the steps of this training.
        label_smoothing: Share of the target that is spread over all classes.
        pad: Largest shift of the random crop as a fraction of the side.
        crop: Smallest area of a random resized crop, in place of `pad`.
        flip: Mirror half of the images.
        policy: autoaugment (for ImageNet) or randaugment.
        operations: Operations of RandAugment per image.
        magnitude: Magnitude of RandAugment, 0 to 10.
        erase: Share of images with a random rectangle erased.
        mixup: Alpha of mixup; 0 for none. With mixup and cutmix, each batch gets one of them.
        cutmix: Alpha of cutmix; 0 for none.
        eval_border: Images are evaluated at side + eval_border pixels, cropped to the side.
        dropout: Rate before the classifier; None keeps that of the network.
        drop_path: Rate of stochastic depth; None keeps that of the network.

    Raises:
        ValueError: A value is out of its range; the message names it.
    """

    epochs: int = 5
    batch: int = 64
    lr: float = 0.1
    lr_batch: int = 128
    optimizer: OptimizerName = "sgd"
    momentum: float = 0.9
    nesterov: bool = True
    square_decay: float = 0.9
    eps: float = 1e-3
    weight_decay: float = 5e-4
    decayed: DecayedWeights = "weights"
    schedule: ScheduleName = "cosine"
    warmup_epochs: float = 1.0
    decay_rate: float = 0.97
    decay_epochs: float = 2.4
    ema: float = 0.0
    ema_steps: int | None = None
    label_smoothing: float = 0.1
    pad: float = 0.1
    crop: float | None = None
    flip: bool = True
    policy: PolicyName = "none"
    operations: int = 2
    magnitude: GrowingValue = 9.0
    erase: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    eval_border: int = 0
    dropout: GrowingValue = None
    drop_path: GrowingValue = None

    def __post_init__(self) -> None:
        for name, bounds in INTEGER_RANGES.items():
            _check_integer(name, getattr(self, name), *bounds)
        if self.ema_steps is not None:
            _check_integer("ema_steps", self.ema_steps, 1, MAX_EMA_STEPS)
        for name, kind in CHOICES.items():
            if getattr(self, name) not in get_args(kind):
                allowed = ", ".join(get_args(kind))
                raise ValueError(f"recipe {name} is {getattr(self, name)!r}; must be one of {allowed}")
        ranges: dict[str, tuple[float, float]] = {
            "lr": (1e-9, 100),
            "momentum": (0, 0.9999),
            "square_decay": (0, 0.9999),
            "eps": (1e-12, 1),
            "weight_decay": (0, 1),
            "decay_rate": (0, 1),
            "decay_epochs": (0.01, 10_000),
            "ema": (0, 0.999999),
            "label_smoothing": (0, 0.9),
            "pad": (0, 0.5),
            "erase": (0, 1),
            "mixup": (0, 10),
            "cutmix": (0, 10),
        }
        for name, (low, high) in ranges.items():
            _check_number(name, getattr(self, name), low, high)
        if not is_number(self.warmup_epochs) or not 0 <= self.warmup_epochs <= self.epochs:
            allowed = f"a number from 0 to {self.epochs}, its epochs"
            raise ValueError(f"recipe warmup_epochs is {self.warmup_epochs!r}; must be {allowed}")
        if self.crop is not None:
            _check_number("crop", self.crop, 0.01, 1)
            if self.pad:
                raise ValueError(f"recipe pad is {self.pad!r} and crop is {self.crop!r}; one of them must be 0 or null")
        for name in ("flip", "nesterov"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"recipe {name} is {getattr(self, name)!r}; must be true or false")
        for name, top in GROWING_MAXIMUMS.items():
            object.__setattr__(self, name, _check_growing(name, getattr(self, name), top))


def _check_integer(name: str, value: object, low: int, high: int) -> None:
    if not is_integer(value, low, high):
        raise ValueError(f"recipe {name} is {value!r}; must be an integer from {low} to {high}")


def _check_number(name: str, value: object, low: float, high: float) -> float:
    if not is_number(value) or not low <= value <= high:
        raise ValueError(f"recipe {name} is {value!r}; must be a number from {low:g} to {high:g}")
    return value


def _check_growing(name: str, value: object, top: float) -> GrowingValue:
    if not isinstance(value, list | tuple):
        return None if value is None and name != "magnitude" else _check_number(name, value, 0, top)
    try:
        (small, low), (large, high) = value
    except (TypeError, ValueError):
        raise ValueError(f"recipe {name} is {value!r}; must be a number or two pairs of FLOPs and value") from None
    if not is_number(small) or not is_number(large) or not 0 < small < large <= MAX_FLOPS:
        raise ValueError(f"recipe {name} is {value!r}; FLOPs must be above 0, increase and be at most {MAX_FLOPS:g}")
    return (float(small), _check_number(name, low, 0, top)), (float(large), _check_number(name, high, 0, top))
