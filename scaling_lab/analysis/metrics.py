"""The measurements on the test images by which networks can be compared."""

from dataclasses import dataclass

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


ACCURACY = Metric("accuracy", "test_accuracy", "test accuracy", "points", has_answers=True)
LOSS = Metric("loss", "test_loss", "test loss", "nats", scale=1, digits=2, is_loss=True)
TOP5 = Metric("top5", "test_top5", "top-5 test accuracy", "points")
METRICS = {metric.name: metric for metric in (ACCURACY, LOSS, TOP5)}


def find_metric(name: str) -> Metric:
    """Return the metric of a name. Raises UserError if there is none."""
    if name not in METRICS:
        raise unknown_name("metric", name, METRICS)
    return METRICS[name]
