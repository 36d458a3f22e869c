"""What each epoch of a training measured: from its result file, or from a snapshot when the file is gone. No torch."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from scaling_lab.store.files import MAX_RECORD_BYTES, parse_json, read_file
from scaling_lab.store.results import PLAN_FILE, Store
from scaling_lab.store.schema import Result
from scaling_lab.store.snapshot_file import SNAPSHOT_ERRORS, entries_digest, read_snapshot_file

if TYPE_CHECKING:
    import pandas as pd

COLUMN_PREFIX = "epoch_"  # of a snapshot's columns, one per measure
NO_RESULTS: Mapping[str, Result] = MappingProxyType({})


@dataclass(frozen=True)
class Epochs:
    """The values of each epoch; empty where older results do not have them.

    Attributes:
        train_loss: Mean training loss, with label smoothing.
        held_out_accuracy: Share of the held-out images classified correctly, 0 to 1.
        held_out_loss: Mean cross entropy of the held-out images, without label smoothing; None if it is not finite.
        lr: Learning rate of the last step.
    """

    train_loss: tuple[float, ...]
    held_out_accuracy: tuple[float, ...]
    held_out_loss: tuple[float | None, ...]
    lr: tuple[float, ...]

    @classmethod
    def from_result(cls, result: Result) -> "Epochs":
        """Return the values of a result. Records that do not cover all epochs in order are left out."""
        numbers = [record.epoch for record in result.epochs]
        records = result.epochs if numbers == list(range(1, len(numbers) + 1)) else ()
        return cls(
            result.train_loss,
            tuple(record.held_out_accuracy for record in records),
            tuple(record.held_out_loss for record in records),
            tuple(record.lr for record in records),
        )


EPOCH_MEASURES = tuple(field.name for field in fields(Epochs))
COLUMNS = tuple(COLUMN_PREFIX + name for name in EPOCH_MEASURES)


def collect_epochs(results: Mapping[str, Result]) -> dict[str, Epochs]:
    """Return the values of results, by key."""
    return {key: Epochs.from_result(result) for key, result in results.items()}


def make_epoch_columns(keys: "pd.Series[str]", epochs: Mapping[str, Epochs]) -> "dict[str, pd.Series[Any]]":
    """Return a column of lists per measure for a snapshot; missing for points without values.

    Args:
        keys: The key of each row.
        epochs: Values of points, by key.
    """
    lists = {key: [list(values) for values in astuple(point)] for key, point in epochs.items()}
    return {
        column: keys.map({key: values[place] for key, values in lists.items()}).astype(object)
        for place, column in enumerate(COLUMNS)
    }


class EpochReader:
    """Reads the values of single points of a results folder."""

    def __init__(self, store: Store, results: Mapping[str, Result] = NO_RESULTS) -> None:
        """Store the folder, and the results that were read already."""
        self.store = store
        self.results = results

    def read(self, key: str) -> Epochs | None:
        """Return the values of a point; None if neither a result file nor the snapshot has them."""
        result = self.results.get(key) or self.store.read_result(key)
        return Epochs.from_result(result) if result else self._snapshot_epochs.get(key)

    def read_all(self, keys: "Sequence[str] | pd.Series[str]") -> dict[str, Epochs]:
        """Return the values of points, by key; those without values are left out."""
        return {key: epochs for key in keys if (epochs := self.read(key))}

    @cached_property
    def _snapshot_epochs(self) -> Mapping[str, Epochs]:
        """The values in the folder's snapshot, by key; empty for one of another plan or of an older version."""
        try:
            plan = parse_json(read_file(self.store.folder / PLAN_FILE, MAX_RECORD_BYTES))
            stored = read_snapshot_file(self.store, entries_digest(plan), ["key", *COLUMNS])
        except SNAPSHOT_ERRORS:
            return {}
        if stored is None or not set(COLUMNS) <= set(stored[0].column_names):
            return {}
        rows = stored[0].to_pylist()
        return {row["key"]: Epochs(*(tuple(row[name] or ()) for name in COLUMNS)) for row in rows if row[COLUMNS[0]]}
