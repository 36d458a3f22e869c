"""What an import reads: the fields of a training. No torch, no pandas."""

from dataclasses import dataclass
from enum import Enum

LONG, WANDB, TENSORBOARD, TIMM = FORMATS = ("long", "wandb", "tensorboard", "timm")
"""Formats of files (`formats`)."""
CONSTANT = "="
"""Beginning of a value for all rows, in the place of a column's name."""
ACCURACY_UNITS = ("fraction", "percent")
FLOPS_UNITS = {"1": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
ONCE, TWICE = FLOPS_COUNTED = ("multiply-adds", "2x")
"""How FLOPs are counted: `TWICE` counts a multiplication and an addition as two."""
SOURCE, LINE = "\0source", "\0line"
"""Columns that a reader adds: the name of the file, and the place of a row in it."""


class Kind(Enum):
    """What the values of a field are."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    SHARE = "share"


@dataclass(frozen=True)
class Field:
    """A field of a training.

    Attributes:
        name: Attribute of `store.imported.ImportedRun`.
        option: Name of the option.
        kind: What its values are.
        help: Its meaning in a few words.
        columns: Columns that it is read from if the option is not given.
        is_needed: Whether every training needs it.
    """

    name: str
    option: str
    kind: Kind
    help: str
    columns: tuple[str, ...] = ()
    is_needed: bool = False


POSITIVE = frozenset(("times_flops", "lr_times", "d", "w", "r", "params", "activations", "side", "epochs"))
"""Fields whose values must be above 0, besides FLOPs."""
FIELDS = (
    Field("family", "family", Kind.TEXT, "network that is scaled", ("family",), True),
    Field("rule", "rule", Kind.TEXT, "scaling rule; `baseline` for the unscaled network", ("rule",), True),
    Field("flops", "flops", Kind.INTEGER, "multiply-adds of one image", ("flops",), True),
    Field("test_accuracy", "accuracy", Kind.SHARE, "test accuracy", ("accuracy", "test_accuracy"), True),
    Field("seed", "seed", Kind.INTEGER, "seed of the training", ("seed",), True),
    Field("times_flops", "budget", Kind.NUMBER, "FLOPs in times the baseline's", ("budget", "times_flops")),
    Field("dataset", "dataset", Kind.TEXT, "data set", ("dataset",)),
    Field("recipe", "recipe", Kind.TEXT, "how it was trained", ("recipe",)),
    Field("lr_times", "lr-times", Kind.NUMBER, "factor on the recipe's learning rate", ("lr_times",)),
    Field("d", "depth", Kind.NUMBER, "multiplier of depth"),
    Field("w", "width", Kind.NUMBER, "multiplier of width"),
    Field("r", "resolution", Kind.NUMBER, "multiplier of the input side"),
    Field("params", "params", Kind.INTEGER, "parameters", ("params",)),
    Field("activations", "activations", Kind.INTEGER, "outputs of convolutions and linear layers", ("activations",)),
    Field("side", "side", Kind.INTEGER, "input side in pixels", ("side",)),
    Field("epochs", "epochs", Kind.INTEGER, "epochs of training", ("epochs",)),
    Field("held_out_accuracy", "held-out", Kind.SHARE, "held-out accuracy", ("held_out_accuracy", "held_out")),
    Field("test_top5", "top5", Kind.SHARE, "top-5 test accuracy", ("test_top5", "top5")),
    Field("test_loss", "loss", Kind.NUMBER, "test loss in nats", ("test_loss",)),
    Field("test_pictures", "test-images", Kind.INTEGER, "number of test images", ("test_pictures", "test_images")),
    Field("train_seconds", "train-seconds", Kind.NUMBER, "seconds of training", ("train_seconds",)),
    Field("latency_seconds", "latency", Kind.NUMBER, "seconds of one image", ("latency_seconds",)),
)
