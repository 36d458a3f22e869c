"""Checkpoints of one point: written whole, checked when read, the last two kept.

A file is the SHA-256 of what follows, a line feed, and what torch.save wrote; it is read with weights_only=True.
"""

import hashlib
import io
import pickle
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import torch

from scaling_lab.atomic import replace_file

DIGEST_LENGTH = 64
MAX_CHECKPOINTS = 2
CHECKPOINT_ERRORS = (OSError, ValueError, KeyError, RuntimeError, EOFError, TypeError, pickle.UnpicklingError)


class Checkpoints:
    """The checkpoints of the point `key` in `folder`. every: seconds between two of them."""

    def __init__(self, folder: Path, key: str, every: float) -> None:
        self.folder, self.key, self.every = folder, key, every
        self.last = monotonic()
        self.failed = False

    def due(self) -> bool:
        """Whether the last one, or the start, is `every` seconds ago."""
        return monotonic() - self.last >= self.every

    def write(self, step: int, state: Mapping[str, Any]) -> None:
        """Writes the state after `step`. When it cannot, those before it stay and a line is printed: a full disk is no
        reason to end a training."""
        buffer = io.BytesIO()
        torch.save({"key": self.key, "state": dict(state)}, buffer)
        content = buffer.getvalue()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256(content).hexdigest().encode()
            replace_file(self.folder / f"{self.key}.{step:09d}.checkpoint", digest + b"\n" + content)
            for old in self._files()[MAX_CHECKPOINTS:]:
                old.unlink(missing_ok=True)
        except OSError as error:
            if not self.failed:
                print(
                    f"no checkpoint could be written to {self.folder}: {error.strerror}; training goes on", flush=True
                )
            self.failed = True
        self.last = monotonic()

    def newest_first(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The good ones with their states; a line is printed for each that is damaged or of another point."""
        for path in self._files():
            try:
                state = self._state(path)
            except CHECKPOINT_ERRORS as error:
                print(f"checkpoint {path} is not used: {' '.join(str(error).split())}", flush=True)
                continue
            yield path, state

    def remove(self) -> None:
        """Removes all of them, and drafts that a killed writer left."""
        with suppress(OSError):  # they are in nobody's way
            for path in (*self._files(), *self.folder.glob(f".{self.key}.*.draft")):
                path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        """Newest first, by when they were written: a training that had to begin anew is at earlier steps."""
        return sorted(self.folder.glob(f"{self.key}.*.checkpoint"), key=_written, reverse=True)

    def _state(self, path: Path) -> dict[str, Any]:
        raw = path.read_bytes()
        if hashlib.sha256(raw[DIGEST_LENGTH + 1 :]).hexdigest().encode() + b"\n" != raw[: DIGEST_LENGTH + 1]:
            raise ValueError("it is damaged: its contents do not match its SHA-256")
        held = torch.load(io.BytesIO(raw[DIGEST_LENGTH + 1 :]), map_location="cpu", weights_only=True)
        if held["key"] != self.key:
            raise ValueError(f"it is of the point {held['key']}, another network, recipe, data set or seed")
        state: dict[str, Any] = held["state"]
        return state


def _written(path: Path) -> tuple[int, str]:
    """When, and the name for those of one moment; one that is gone meanwhile is the oldest."""
    try:
        return path.stat().st_mtime_ns, path.name
    except OSError:
        return 0, path.name
