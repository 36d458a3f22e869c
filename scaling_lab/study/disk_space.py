"""Check that the disk has room for what a study still writes. No torch."""

import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from scaling_lab.errors import UserError
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.store.schema import Point
from scaling_lab.study.plan import PlannedPoint

COPIES = 3  # of a point's checkpoint: two are stored, and a third exists while it is written
MOMENTS = {"sgd": 1, "rmsprop": 2, "adamw": 2}
STATISTICS = 1.3  # factor for batch norm's running statistics and the header of each tensor in the file
CHECKPOINT_OVERHEAD = 50_000  # bytes in addition to its numbers: names, random generators, losses
WEIGHTS_OVERHEAD = 30_000  # bytes in addition to its numbers: names, the point's canonical form
RESULT_BASE_BYTES = 8_000  # in addition to its test images and epochs: the network and provenance
EPOCH_BYTES = 400  # of the records in the result and the row in the log
ANSWER_BYTES = 1 / 6  # one bit in base64


@dataclass(frozen=True)
class DiskNeeds:
    """Bytes and number of files that are still to be written."""

    size: int
    files: int


def disk_needs(points: Collection[PlannedPoint], workers: int, keep_weights: bool = False) -> DiskNeeds:
    """Return what training needs: a result and a log per point, and per worker the checkpoints of a largest point."""
    checkpoints = sorted((checkpoint_bytes(planned.point) for planned in points), reverse=True)[:workers]
    results = (
        RESULT_BASE_BYTES + EPOCH_BYTES * planned.epochs + ANSWER_BYTES * len(planned.dataset.test)
        for planned in points
    )
    weights = [weights_bytes(planned.point) for planned in points] if keep_weights else []
    return DiskNeeds(
        COPIES * sum(checkpoints) + int(sum(results)) + sum(weights),
        2 * len(points) + len(weights) + (COPIES + 1) * len(checkpoints),
    )


def checkpoint_bytes(point: Point) -> int:
    """Return the approximate size of a checkpoint: weights, their moments and their EMA, four bytes per number."""
    numbers = network_cost(point.network).params * (1 + MOMENTS[point.recipe.optimizer] + bool(point.recipe.ema))
    return int(4 * STATISTICS * numbers) + CHECKPOINT_OVERHEAD


def weights_bytes(point: Point) -> int:
    """Return the approximate size of a point's weights and their EMA in a file."""
    return int(4 * STATISTICS * network_cost(point.network).params * (1 + bool(point.recipe.ema))) + WEIGHTS_OVERHEAD


def check_free_space(folder: Path, needs: DiskNeeds) -> None:
    """Raise UserError if less is free than needed. Writes nothing."""
    existing = _nearest_existing(folder)
    usage = shutil.disk_usage(existing)
    if not usage.total:
        raise UserError(f"results folder {folder} is on a file system that stores no files (of {existing})")
    free = usage.free
    if free < needs.size:
        raise UserError(
            f"results folder {folder} has {free / 1e6:,.0f} MB free; the study needs about {needs.size / 1e6:,.0f} MB "
            "for results and checkpoints"
        )
    system = os.statvfs(existing)
    if system.f_files and system.f_favail < needs.files:
        raise UserError(
            f"results folder {folder} has room for {system.f_favail:,} files; the study needs {needs.files:,}"
        )


def check_writable(folder: Path, kind: str) -> None:
    """Raise UserError if a folder cannot be created or written to. Writes nothing.

    Args:
        folder: the folder, which need not exist.
        kind: "results" or "reports", for the message.
    """
    existing = _nearest_existing(folder)
    if not existing.is_dir():
        raise UserError(f"{kind} folder {folder} cannot be written to: Not a directory")
    if not os.access(existing, os.W_OK | os.X_OK):
        is_read_only = os.statvfs(existing).f_flag & os.ST_RDONLY
        reason = "Read-only file system" if is_read_only else "Permission denied"
        raise UserError(f"{kind} folder {folder} cannot be written to: {reason}")


def _nearest_existing(folder: Path) -> Path:
    """Return the folder, or the nearest parent that exists."""
    return next(place for place in (folder, *folder.absolute().parents) if place.exists() or place.is_symlink())
