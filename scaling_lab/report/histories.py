"""What each epoch of a training measured, as charts show it."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from scaling_lab.formatting import pluralize
from scaling_lab.store.epochs import EPOCH_MEASURES, Epochs
from scaling_lab.store.results import Store, StoredResults
from scaling_lab.store.schema import Result

MEASURES = {
    "held_out_accuracy": "held-out accuracy (%)",
    "train_loss": "training loss (nats)",
    "held_out_loss": "held-out loss (nats)",
    "lr": "learning rate",
}
History = Mapping[str, Sequence[float | None]]
"""The values of each epoch, by a name of MEASURES; empty where older results do not have it."""


def read_point_results(store: Store, stored: StoredResults, keys: Iterable[str]) -> dict[str, Result]:
    """Return the results of points, by key; those of a snapshot without result files are left out.

    Args:
        store: The results folder.
        stored: Results that were read already.
        keys: Keys of the points.
    """
    histories = {key: stored.results.get(key) or store.read_result(key) for key in keys}
    return {key: result for key, result in histories.items() if result}


def describe_lost(finished: Collection[str], histories: Collection[str], is_imported: bool) -> str:
    """Return a sentence on the finished points without a history; empty if all have one.

    Args:
        finished: Keys of the finished points.
        histories: Keys of those with a history.
        is_imported: Whether the results were imported.
    """
    lost = len(set(finished) - set(histories))
    if not lost:
        return ""
    if is_imported:
        return "Imported results have no learning curves."
    which = "The points" if lost == len(finished) else f"{lost:,} of {pluralize(len(finished), 'finished point')}"
    verb = "has" if lost == 1 < len(finished) else "have"
    return f"{which} {verb} no learning curves here: the result files are gone, and the sealed table has none."


def make_histories(epochs: Mapping[str, Epochs]) -> dict[str, History]:
    """Return the history of each point, by key."""
    return {key: _make_history(values) for key, values in epochs.items()}


def _make_history(epochs: Epochs) -> History:
    history: dict[str, Sequence[float | None]] = {
        name: [_shorten(value) for value in getattr(epochs, name)] for name in EPOCH_MEASURES
    }
    return history | {"held_out_accuracy": [_shorten(100 * share) for share in epochs.held_out_accuracy]}


def _shorten(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")
