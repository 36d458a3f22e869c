"""Logs of a training, one row per epoch: a CSV file or TensorBoard events in results/<study>/logs/.

A log is an output: no key depends on it, and one that cannot be written is warned about once and stops nothing. It is
written from the records of all epochs, which a checkpoint contains, so a resumed training leaves no row twice.
"""

import csv
import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scaling_lab.atomic import replace_file
from scaling_lab.config.execution import LogKind
from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.training.progress import TrainingProgress

COLUMNS = (
    *("epoch", "step", "lr", "train_loss", "held_out_loss", "held_out_accuracy"),
    *("grad_norm", "images_per_second", "seconds"),
)
Row = dict[str, float | int | None]

logger = logging.getLogger(__name__)


class TrainingLog:
    """The log of one point.

    Args:
        path: File or folder of the log, for the warning.
        write_rows: Makes the log contain exactly these rows.
    """

    def __init__(self, path: Path, write_rows: Callable[[list[Row]], None]) -> None:
        self._path, self._write_rows = path, write_rows
        self._failed = False

    def write(self, progress: TrainingProgress, recipe: Hyperparameters) -> None:
        """Write the rows of all finished epochs; log the first failure."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._write_rows(log_rows(progress, recipe))
        except Exception as error:  # a log stops no training, whatever its library raises
            if not self._failed:
                logger.warning("cannot write the log %s: %s; training continues", self._path, error)
            self._failed = True


def make_log(kind: LogKind, folder: Path, key: str) -> TrainingLog | None:
    """Return the log of a point in a folder, `<key>.csv` or the folder `<key>`; None for "none"."""
    if kind == "csv":
        path = folder / f"{key}.csv"
        return TrainingLog(path, lambda rows: replace_file(path, _csv_text(rows).encode()))
    if kind == "tensorboard":
        return TrainingLog(folder / key, _TensorBoardEvents(folder / key).write)
    return None


def log_rows(progress: TrainingProgress, recipe: Hyperparameters) -> list[Row]:
    """Return one row per recorded epoch, with COLUMNS. The rate of an epoch after one without a record is missing."""
    rows = list[Row]()
    times = {0: (0, 0.0)} | {record.epoch: (record.step, record.seconds) for record in progress.epochs}
    for record in progress.epochs:
        step, seconds = times.get(record.epoch - 1, (record.step, record.seconds))
        elapsed = record.seconds - seconds
        rate = (record.step - step) * recipe.batch / elapsed if elapsed > 0 else None
        loss = progress.epoch_losses[record.epoch - 1]
        measured = {name: getattr(record, name) for name in COLUMNS if hasattr(record, name)}
        rows.append(measured | {"train_loss": loss, "images_per_second": rate})
    return rows


def _csv_text(rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


class _TensorBoardEvents:
    """Event files in a folder; those of an interrupted process are replaced."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._written = folder, 0
        self._writer: Any = None

    def write(self, rows: list[Row]) -> None:
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            for old in self._folder.glob("events.out.tfevents.*"):
                old.unlink()
            self._writer = SummaryWriter(str(self._folder))
        for row in rows[self._written :]:
            for name, value in row.items():
                if name not in ("epoch", "step") and value is not None:
                    self._writer.add_scalar(name, value, row["step"])
        self._written = len(rows)
        self._writer.flush()
