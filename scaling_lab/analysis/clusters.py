"""Clusters of test images that are not independent draws, such as frames of one video or near-duplicates."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaling_lab.analysis.evidence import Evidence
from scaling_lab.errors import UserError
from scaling_lab.formatting import pluralize
from scaling_lab.validation import parse_integer

COLUMNS = ("index", "cluster")
MIN_CLUSTERS = 2


def read_clusters(path: Path) -> NDArray[np.int64]:
    """Read the cluster of each test image from a CSV file with the columns `index` and `cluster`.

    Args:
        path: File with one row per test image: its index from 0 on, in the data set's order, and its cluster, a number
            or a name.

    Returns:
        Numbers of the clusters from 0 on, shape (images,).

    Raises:
        UserError: The file cannot be read, lacks a column, an index is missing or repeated, or there is only one
            cluster.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise _error(path, f"no column {' and '.join(missing)}; it needs the columns index and cluster")
            rows = [(row["index"], row["cluster"]) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _error(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    by_index: dict[int, str] = {}
    for line, (text, cluster) in enumerate(rows, 2):
        index = _parse_index(path, line, text)
        if index in by_index:
            raise _error(path, f"line {line}: index {index} is repeated")
        if not (cluster or "").strip():
            raise _error(path, f"line {line}: no cluster")
        by_index[index] = cluster.strip()
    absent = [index for index in range(len(by_index)) if index not in by_index]
    if absent:
        raise _error(path, f"index {absent[0]} is missing; indices are 0 to the number of test images less 1")
    names, clusters = np.unique([by_index[index] for index in sorted(by_index)], return_inverse=True)
    if len(names) < MIN_CLUSTERS:
        raise _error(path, f"{pluralize(len(names), 'cluster')}; at least {MIN_CLUSTERS} are needed")
    return clusters.astype(np.int64)


def use_clusters(evidence: Evidence, clusters: NDArray[np.int64] | None) -> Evidence:
    """Return the evidence with clusters of test images; as it is if there are none.

    Raises:
        UserError: A network was tested on another number of images.
    """
    if clusters is None:
        return evidence
    cells = list(dict.fromkeys(arm.cell for arm in evidence.arms if arm.cell))
    for cell in cells:
        if cell.test_images != len(clusters):
            raise UserError(f"there are clusters of {len(clusters):,} test images; results have {cell.test_images}")
    clustered = {cell: replace(cell, clusters=clusters) for cell in cells}
    arms = tuple(replace(arm, cell=clustered[arm.cell]) if arm.cell else arm for arm in evidence.arms)
    return replace(evidence, arms=arms)


def _parse_index(path: Path, line: int, text: str | None) -> int:
    try:
        index = parse_integer((text or "").strip())
    except ValueError:
        index = -1
    if index < 0:
        raise _error(path, f"line {line}: index {(text or '')[:40]!r} must be an integer from 0 on")
    return index


def _error(path: Path, message: str) -> UserError:
    return UserError(f"clusters file {path}: {message}")
