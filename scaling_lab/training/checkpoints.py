"""Checkpoints of one point: written atomically, verified by checksum when read; the last two are kept.

A file is the SHA-256 of what follows in hex, a line feed, and the output of torch.save; it is read with
weights_only=True.
"""

import hashlib
import io
import logging
import pickle
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import torch

from scaling_lab.atomic import replace_file
from scaling_lab.store.files import read_file
from scaling_lab.store.names import checkpoint_name, parse_checkpoint_name

SHA256_HEX_LENGTH = 64
MAX_CHECKPOINTS = 2
MAX_CHECKPOINT_BYTES = 2**38
CHECKPOINT_ERRORS = (OSError, ValueError, KeyError, RuntimeError, EOFError, TypeError, pickle.UnpicklingError)

logger = logging.getLogger(__name__)


class Checkpoints:
    """The checkpoints of one point.

    Args:
        folder: Folder of the checkpoints of all points.
        key: Key of the point.
        every: Seconds between two checkpoints.
    """

    def __init__(self, folder: Path, key: str, every: float) -> None:
        self.folder, self.key, self.every = folder, key, every
        self.last = monotonic()
        self.failed = False

    def is_due(self) -> bool:
        """Return whether `every` seconds have passed since the last checkpoint, or since the start."""
        return monotonic() - self.last >= self.every

    def skip(self) -> None:
        """Count from now to the next checkpoint: another process writes this one."""
        self.last = monotonic()

    def write(self, step: int, state: Mapping[str, Any]) -> None:
        """Write the state after `step` and delete all but the last two checkpoints.

        A failed write is logged once and raises nothing: earlier checkpoints stay, and a full disk does not end a
        training.
        """
        buffer = io.BytesIO()
        torch.save({"key": self.key, "state": dict(state)}, buffer)
        content = buffer.getvalue()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256(content).hexdigest().encode()
            replace_file(self.folder / checkpoint_name(self.key, step), digest + b"\n" + content)
            for old in self._files()[MAX_CHECKPOINTS:]:
                old.unlink(missing_ok=True)
        except OSError as error:
            if not self.failed:
                logger.warning(
                    "cannot write a checkpoint to %s: %s; training continues without one", self.folder, error.strerror
                )
            self.failed = True
        self.last = monotonic()

    def newest_first(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Yield the path and state of each valid checkpoint; log each that is damaged or belongs to another point."""
        for path in self._files():
            try:
                state = self._read(path)
            except CHECKPOINT_ERRORS as error:
                log_unusable(path, error)
                continue
            yield path, state

    def remove(self) -> None:
        """Delete all checkpoints of the point, and temporary files of killed writers."""
        with suppress(OSError):  # leftover files do no harm
            for path in (*self._files(), *self.folder.glob(f".{self.key}.*.draft")):
                path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        """Return the files, newest first by modification time: a restarted training has lower steps."""
        return sorted(self.folder.glob(f"{self.key}.*.checkpoint"), key=_modified, reverse=True)

    def _read(self, path: Path) -> dict[str, Any]:
        raw = read_file(path, MAX_CHECKPOINT_BYTES)
        if hashlib.sha256(raw[SHA256_HEX_LENGTH + 1 :]).hexdigest().encode() + b"\n" != raw[: SHA256_HEX_LENGTH + 1]:
            raise ValueError("it is damaged: its SHA-256 does not match")
        content = torch.load(io.BytesIO(raw[SHA256_HEX_LENGTH + 1 :]), map_location="cpu", weights_only=True)
        if content["key"] != self.key:
            raise ValueError(f"it belongs to point {content['key']}: another network, recipe, dataset or seed")
        state: dict[str, Any] = content["state"]
        name, progress = parse_checkpoint_name(path.name), state.get("progress")
        if name and isinstance(progress, dict) and progress.get("steps", name.number) != name.number:
            raise ValueError(f"it is of step {progress['steps']}; its name is that of step {name.number}")
        return state


def log_unusable(path: Path, error: BaseException) -> None:
    """Log that a checkpoint is ignored, with the reason in one line."""
    reason = str((isinstance(error, OSError) and error.strerror) or error)
    logger.warning("ignoring checkpoint %s: %s", path, " ".join(reason.split()))


def _modified(path: Path) -> tuple[int, str]:
    """Return the modification time and the name; a file that has just been deleted counts as the oldest."""
    try:
        return path.stat().st_mtime_ns, path.name
    except OSError:
        return 0, path.name
