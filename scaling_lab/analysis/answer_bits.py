"""Decode which test images each finished point classified correctly, and check the bits against its accuracy."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scaling_lab.analysis.unlearned.at_chance import REASON, find_unlearned
from scaling_lab.formatting import pluralize
from scaling_lab.store.bits import unpack_bytes

BITS_COLUMNS = ["key", "dataset", "test_accuracy", "test_pictures", "test_correct"]


def has_answers(table: pd.DataFrame) -> bool:
    """Return whether the answers to each test image are recorded; imported results have accuracies alone."""
    results = table["test_accuracy"].notna()
    return bool(not results.any() or table.loc[results, "test_correct"].notna().any())


def correct_bits_by_key(table: pd.DataFrame) -> tuple[dict[Hashable, NDArray[np.uint8] | None], list[str]]:
    """Return the packed bits of each finished point that learned and whose bits agree with its accuracy.

    Returns:
        The bits by point key (one bit per test image, 1 where it was classified correctly; None for each in a table
        without answers), and one sentence for each
        reason for which results were ignored.
    """
    finished = table[table["state"] == "done"] if "state" in table else table[table["test_accuracy"].notna()]
    finished = finished.drop_duplicates(subset=["key"])
    usual_count = finished.groupby("dataset")["test_pictures"].agg(
        lambda counts: counts.mode().iloc[0] if len(counts.mode()) else 0
    )
    bits: dict[Hashable, NDArray[np.uint8] | None] = {}
    is_without_answers = not has_answers(table)
    ignored: dict[str, list[str]] = {}
    unlearned = set(finished.loc[find_unlearned(finished), "key"])
    for key, dataset, accuracy, images, packed in finished[BITS_COLUMNS].itertuples(index=False, name=None):
        if not (isinstance(accuracy, float | int) and 0 <= accuracy <= 1):
            ignored.setdefault("the test accuracy is not between 0 and 1", []).append(key)
        elif key in unlearned:
            ignored.setdefault(REASON, []).append(key)
        elif is_without_answers:
            bits[key] = None
        elif images != usual_count[dataset]:
            ignored.setdefault("the number of test images differs from the other results'", []).append(key)
        elif (decoded := _decode_bits(packed, int(images), accuracy)) is None:
            ignored.setdefault("the bits of the test images do not agree with the accuracy", []).append(key)
        else:
            bits[key] = decoded
    return bits, [_describe_ignored(reason, keys) for reason, keys in ignored.items()]


def _decode_bits(packed: Any, images: int, accuracy: float) -> NDArray[np.uint8] | None:
    try:
        raw = np.frombuffer(unpack_bytes(packed, images), dtype=np.uint8)
    except (TypeError, ValueError):
        return None
    correct = int(np.unpackbits(raw, count=images).sum())
    return raw if abs(correct / images - accuracy) < 0.5 / images else None


def _describe_ignored(reason: str, keys: list[str]) -> str:
    examples = ", ".join(keys[:3]) + (" ..." if len(keys) > 3 else "")
    return f"Ignored {pluralize(len(keys), 'result')} because {reason}: {examples}."
