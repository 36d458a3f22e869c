"""Numbers of a training for its lease, by which other processes see how far it is. No torch."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.store.schema import Point

if TYPE_CHECKING:
    from scaling_lab.training.state import Training

Numbers = dict[str, Any]
ProgressSource = Callable[[], Numbers]


def epochs_of(point: Point, dataset: Dataset) -> float:
    """Return the epochs of a point's training."""
    return point.recipe.steps / max(1, len(dataset.train) // point.recipe.batch)


def read_progress(training: "Training | None", epochs: float) -> Numbers:
    """Return steps, epochs, and the accuracy on the images of this epoch as they were trained on."""
    if training is None:
        return {}
    done = training.progress.steps / training.recipe.steps
    numbers = {"steps": training.progress.steps, "of": training.recipe.steps, "epoch": done * epochs, "epochs": epochs}
    accuracy = training.running_accuracy.accuracy
    return numbers if accuracy is None else numbers | {"accuracy": accuracy}
