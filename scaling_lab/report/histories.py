"""What each epoch of a training measured, from the result files of a study."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from scaling_lab.formatting import pluralize
from scaling_lab.store.results import Store, StoredResults
from scaling_lab.store.schema import Result

MEASURES = {
    "held_out_accuracy": "held-out accuracy (%)",
    "train_loss": "training loss",
    "held_out_loss": "held-out loss",
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
    found = {key: stored.results.get(key) or store.read_result(key) for key in keys}
    return {key: result for key, result in found.items() if result}


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
    return f"{which} {verb} no learning curves here: these are in the result files, which are gone."


def make_histories(results: Mapping[str, Result]) -> dict[str, History]:
    """Return the history of each result, by key."""
    return {key: _make_history(result) for key, result in results.items()}


def _make_history(result: Result) -> History:
    history: dict[str, Sequence[float | None]] = {"train_loss": [_shorten(loss) for loss in result.train_loss]}
    epochs = result.epochs if [each.epoch for each in result.epochs] == list(range(1, len(result.epochs) + 1)) else ()
    for name in MEASURES:
        if name != "train_loss":
            history[name] = [_shorten(getattr(each, name)) for each in epochs]
    history["held_out_accuracy"] = [_shorten(100 * each.held_out_accuracy) for each in epochs]
    return history


def _shorten(value: Any) -> float | None:
    return None if value is None else float(f"{value:.5g}")
