"""The bits of the test pictures that each finished point of a table got right, checked against its accuracy."""

import base64
import binascii
from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def correct_bits_by_key(table: pd.DataFrame) -> tuple[dict[Hashable, NDArray[np.uint8]], list[str]]:
    """The bits of each finished point, and a sentence about those that have none that can be used."""
    done = table[table["state"] == "done"] if "state" in table else table[table["test_accuracy"].notna()]
    done = done.drop_duplicates(subset=["key"])
    common = done.groupby("dataset")["test_pictures"].agg(
        lambda counts: counts.mode().iloc[0] if len(counts.mode()) else 0
    )
    found: dict[Hashable, NDArray[np.uint8]] = {}
    bad: dict[str, list[str]] = {}
    names = ["key", "dataset", "test_accuracy", "test_pictures", "test_correct"]
    for key, dataset, accuracy, pictures, packed in done[names].itertuples(index=False, name=None):
        if not (isinstance(accuracy, float | int) and 0 <= accuracy <= 1):
            bad.setdefault("no accuracy between 0 and 1", []).append(key)
        elif pictures != common[dataset]:
            bad.setdefault("another number of test pictures than the others", []).append(key)
        elif (raw := _decoded(packed, int(pictures), accuracy)) is None:
            bad.setdefault("bits of test pictures that do not give its accuracy", []).append(key)
        else:
            found[key] = raw
    return found, [_left_out(why, keys) for why, keys in bad.items()]


def _decoded(packed: Any, pictures: int, accuracy: float) -> NDArray[np.uint8] | None:
    try:
        raw = np.frombuffer(base64.b64decode(packed, validate=True), dtype=np.uint8)
    except (TypeError, ValueError, binascii.Error):
        return None
    if len(raw) != (pictures + 7) // 8:
        return None
    right = int(np.unpackbits(raw, count=pictures).sum())
    return raw if abs(right / pictures - accuracy) < 0.5 / pictures else None


def _left_out(why: str, keys: list[str]) -> str:
    named = ", ".join(keys[:3]) + (" ..." if len(keys) > 3 else "")
    return f"{len(keys)} {'result' if len(keys) == 1 else 'results'} left out for having {why}: {named}."
