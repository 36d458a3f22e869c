"""How a network is trained, as asked: one yaml each in conf/recipe/. `resolved.py` makes numbers of it. No torch."""

from dataclasses import dataclass
from typing import Literal, get_args

from scaling_lab.validation import is_number

OptimizerName = Literal["sgd", "rmsprop", "adamw"]
ScheduleName = Literal["cosine", "staircase"]
DecayedWeights = Literal["weights", "no_depthwise", "no_norms", "all"]
PolicyName = Literal["none", "autoaugment", "randaugment"]
GrowingValue = float | tuple[tuple[float, float], tuple[float, float]] | None

INTEGER_MINIMUMS = {"epochs": 1, "batch": 1, "lr_batch": 1, "operations": 1, "eval_border": 0}
CHOICES = {"optimizer": OptimizerName, "schedule": ScheduleName, "decayed": DecayedWeights, "policy": PolicyName}
GROWING_MAXIMUMS = {"dropout": 0.99, "drop_path": 0.99, "magnitude": 10}


@dataclass(frozen=True)
class Recipe:
    """What does not depend on the network, and how the rest follows from it.

    epochs: passes over the training part. batch: pictures a step. lr: peak learning rate for `lr_batch` pictures a
    step, scaled linearly with the batch. momentum: of SGD and RMSProp; AdamW's first beta. nesterov: of SGD.
    square_decay: decay of the mean square in RMSProp, AdamW's second beta. eps: theirs. RMSProp is TensorFlow's.
    weight_decay: added to the gradient, but for AdamW, which is decoupled. decayed: which weights it touches: those of
    convolutions and linear layers (weights), the same but for depthwise ones (no_depthwise), all but batch norms'
    (no_norms), or all. warmup_epochs: linear from zero. schedule: half a cosine down to zero, or a staircase, times
    `decay_rate` every `decay_epochs`, counted from the first step. ema: decay of the averaged weights that are
    evaluated, 0 is none; with `ema_steps`, the decay suits so many steps and is stretched to the steps of this
    training. label_smoothing: share spread over all classes. pad: how far the random crop may shift, as a fraction of
    the side. crop: smallest area of a random resized crop, in place of that. flip: mirror half of the pictures. policy:
    autoaugment (ImageNet's) or randaugment of `operations` at `magnitude` (0 to 10). erase: share of pictures with a
    random rectangle erased. mixup, cutmix: their alpha, 0 is none; with both, each batch takes one of them.
    eval_border: pictures are evaluated at side + eval_border and cropped to the side. dropout, drop_path: rates before
    the classifier and of stochastic depth; null leaves what the network has.

    dropout, drop_path and magnitude are a number, or grow with the network: [[FLOPs, value], [FLOPs, value]],
    interpolated in the logarithm of FLOPs and held beyond both ends.

    Raises ValueError for a value outside its range, naming it.
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
        for name, least in INTEGER_MINIMUMS.items():
            _whole(name, getattr(self, name), least)
        if self.ema_steps is not None:
            _whole("ema_steps", self.ema_steps, 1)
        for name, kind in CHOICES.items():
            if getattr(self, name) not in get_args(kind):
                told = ", ".join(get_args(kind))
                raise ValueError(f"recipe {name} is {getattr(self, name)!r}; it must be one of {told}")
        ranges: dict[str, tuple[float, float]] = {
            "lr": (0, 100),
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
            _number(name, getattr(self, name), low, high)
        if not is_number(self.warmup_epochs) or not 0 <= self.warmup_epochs <= self.epochs:
            told = f"it must be a number from 0 to its {self.epochs} epochs"
            raise ValueError(f"recipe warmup_epochs is {self.warmup_epochs!r}; {told}")
        if self.crop is not None:
            _number("crop", self.crop, 0.01, 1)
            if self.pad:
                raise ValueError(f"recipe pad is {self.pad!r} and crop is {self.crop!r}; one of them must be left out")
        for name in ("flip", "nesterov"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"recipe {name} is {getattr(self, name)!r}; it must be true or false")
        for name, top in GROWING_MAXIMUMS.items():
            object.__setattr__(self, name, _growing(name, getattr(self, name), top))


def _whole(name: str, value: object, low: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise ValueError(f"recipe {name} is {value!r}; it must be a whole number of at least {low}")


def _number(name: str, value: object, low: float, high: float) -> float:
    if not is_number(value) or not low <= value <= high:
        raise ValueError(f"recipe {name} is {value!r}; it must be a number from {low:g} to {high:g}")
    return value


def _growing(name: str, value: object, top: float) -> GrowingValue:
    if not isinstance(value, list | tuple):
        return None if value is None and name != "magnitude" else _number(name, value, 0, top)
    try:
        (small, low), (large, high) = value
    except (TypeError, ValueError):
        raise ValueError(f"recipe {name} is {value!r}; it must be a number or two pairs of FLOPs and value") from None
    if not is_number(small) or not is_number(large) or not 0 < small < large:
        raise ValueError(f"recipe {name} is {value!r}; its FLOPs must be above 0 and grow")
    return (float(small), _number(name, low, 0, top)), (float(large), _number(name, high, 0, top))
