"""What a study still needs of its disk, and whether that can be had. No torch."""

import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.errors import UserError
from scaling_lab.networks.costs.cost import cost
from scaling_lab.store.schema import Point

COPIES = 3  # of a point's checkpoint: two are kept, and a third is there while it is written
MOMENTS = {"sgd": 1, "rmsprop": 2, "adamw": 2}
STATISTICS = 1.3  # batch norm's running means beside parameters, and the head of each tensor in the file
A_CHECKPOINT = 50_000  # bytes beside its numbers: names, generators, losses
A_RESULT = 8_000  # bytes beside its test pictures: the network, and what is told of it
A_PICTURE = 1 / 6  # bytes: a bit, in base64


@dataclass(frozen=True)
class Needs:
    """Bytes and files that are still to be written."""

    size: int
    files: int


def needs(points: Collection[tuple[Point, Dataset]], workers: int) -> Needs:
    """What training these points needs: a result each, and the checkpoints of the largest, one a worker."""
    checkpoints = sorted((checkpoint(point) for point, _ in points), reverse=True)[:workers]
    results = (A_RESULT + A_PICTURE * len(pictures.test) for _, pictures in points)
    return Needs(COPIES * sum(checkpoints) + int(sum(results)), len(points) + (COPIES + 1) * len(checkpoints))


def checkpoint(point: Point) -> int:
    """Bytes of one, about: weights, their moments and their average, four bytes a number."""
    numbers = cost(point.network).params * (1 + MOMENTS[point.recipe.optimizer] + bool(point.recipe.ema))
    return int(4 * STATISTICS * numbers) + A_CHECKPOINT


def refuse_without_room(folder: Path, wanted: Needs) -> None:
    """Raises UserError where less is free than is needed. Writes nothing."""
    there = _nearest(folder)
    free = shutil.disk_usage(there).free
    if free < wanted.size:
        raise UserError(
            f"results folder {folder} has {free / 1e6:,.0f} MB free; the study needs about {wanted.size / 1e6:,.0f} MB "
            "for results and checkpoints"
        )
    left = os.statvfs(there)
    if left.f_files and left.f_favail < wanted.files:
        raise UserError(f"results folder {folder} has room for {left.f_favail:,} files; it needs {wanted.files:,}")


def refuse_unwritable(folder: Path, what: str) -> None:
    """Raises UserError where a folder cannot be made or written to. Writes nothing."""
    there = _nearest(folder)
    if not there.is_dir():
        raise UserError(f"{what} folder {folder} cannot be written to: Not a directory")
    if not os.access(there, os.W_OK | os.X_OK):
        why = "Read-only file system" if os.statvfs(there).f_flag & os.ST_RDONLY else "Permission denied"
        raise UserError(f"{what} folder {folder} cannot be written to: {why}")


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest that there is above it."""
    return next(place for place in (folder, *folder.absolute().parents) if place.exists() or place.is_symlink())
