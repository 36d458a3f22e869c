"""The measurements on the test images by which networks can be compared."""

from dataclasses import dataclass, replace

from scaling_lab.analysis.arrays import FloatArray
from scaling_lab.errors import unknown_name


@dataclass(frozen=True)
class Metric:
    """A measurement of a trained network.

    Analyses work with scores, of which larger ones are better: the accuracy, or 1 less the loss.

    Attributes:
        name: Its name in options.
        column: Column of the table.
        label: Its name in sentences.
        unit: Unit of differences in sentences and tables.
        scale: Units per unit of the score.
        digits: Further digits in sentences.
        is_loss: Whether lower values are better.
        has_answers: Whether there is an answer to each test image, so that intervals hold for other test images too.
    """

    name: str
    column: str
    label: str
    unit: str
    scale: float = 100
    digits: int = 0
    is_loss: bool = False
    has_answers: bool = False

    def score(self, value: float) -> float:
        """Return the score of a measured value."""
        return 1 - value if self.is_loss else value

    def restore(self, scores: FloatArray) -> FloatArray:
        """Return the measured values of scores, in percent or nats."""
        values: FloatArray = self.scale * ((1 - scores) if self.is_loss else scores)
        return values

    @property
    def is_accuracy(self) -> bool:
        """Whether it is the test accuracy, with answers to each test image or without."""
        return self.column == "test_accuracy"

    @property
    def value_unit(self) -> str:
        """Unit of measured values."""
        return self.unit if self.is_loss else "%"

    @property
    def axis_label(self) -> str:
        """Label of an axis of measured values."""
        return f"{self.label} ({self.value_unit})"

    @property
    def quantity(self) -> str:
        """What scores are, in sentences on their signed differences."""
        return "accuracy" if self.is_accuracy else f"1 less the {self.label}" if self.is_loss else self.label

    @property
    def best(self) -> str:
        """The adjective of the best value."""
        return "lowest" if self.is_loss else "highest"

    @property
    def better(self) -> str:
        """What a better network is."""
        return "more accurate" if self.is_accuracy else f"better by {self.label}"

    @property
    def worse(self) -> str:
        """What a worse network is."""
        return "less accurate" if self.is_accuracy else f"worse by {self.label}"


ACCURACY = Metric("accuracy", "test_accuracy", "test accuracy", "points", has_answers=True)
SEED_ACCURACY = replace(ACCURACY, has_answers=False)
"""Accuracy where answers to each test image are not recorded, as in imported results: intervals are for other seeds."""
LOSS = Metric("loss", "test_loss", "test loss", "nats", scale=1, digits=2, is_loss=True)
TOP5 = Metric("top5", "test_top5", "top-5 test accuracy", "points")
METRICS = {metric.name: metric for metric in (ACCURACY, LOSS, TOP5)}


def find_metric(name: str) -> Metric:
    """Return the metric of a name. Raises UserError if there is none."""
    if name not in METRICS:
        raise unknown_name("metric", name, METRICS)
    return METRICS[name]
