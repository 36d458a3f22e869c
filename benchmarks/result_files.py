"""Make result files without training: copies of a committed result with other points and random bits."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from scaling_lab.store.integrity import with_checksum, without_checksum
from scaling_lab.store.keys import form_key
from scaling_lab.store.plan_schema import Plan
from scaling_lab.store.results import Store

COMMITTED = Path(__file__).resolve().parents[1] / "results" / "quick-reference"
SEEDS = 10


def write(folder: Path, forms: Iterable[Mapping[str, Any]], pictures: int) -> None:
    """Write one result per canonical form of a point into the folder of a study, with that many test images."""
    points = folder / "points"
    points.mkdir(parents=True, exist_ok=True)
    raw = committed_result()
    rng = np.random.default_rng(1905)
    for form in forms:
        right = rng.random(pictures) < 0.85
        bits = {"test_pictures": pictures, "test_correct": base64.b64encode(np.packbits(right)).decode()}
        key = form_key(form)
        result = raw | bits | {"key": key, "point": form, "test_accuracy": int(right.sum()) / pictures}
        (points / f"{key}.json").write_text(json.dumps(with_checksum(result), indent=1))


def forms(results: int) -> list[dict[str, Any]]:
    """Return the canonical forms of the points that `plan` asks for."""
    point = committed_result()["point"]
    return [point | {"seed": number} for number in range(results)]


def plan(results: int) -> Plan:
    """Return a number of questions of one kind, each with another key."""
    entry = Store(COMMITTED).read_plan().entries[0]
    entries = []
    for number, form in enumerate(forms(results)):
        question = replace(entry.question, seed=number % SEEDS, lr_times=1.0 + number // SEEDS)
        entries.append(replace(entry, key=form_key(form), question=question))
    return Plan("benchmark", (), tuple(entries))


@cache
def committed_result() -> dict[str, Any]:
    """Return the values of a committed result file, without its checksum."""
    return without_checksum(json.loads(min((COMMITTED / "points").glob("*.json")).read_text()))
