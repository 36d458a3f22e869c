"""What is written down: the point that is trained, the question that asked for it, the result. Canonical form and key.

A result is named by the key of its point and knows nothing of rules or studies; the plan knows which questions the
point answers. Device, versions and commit are provenance: stored with the result, not part of the key.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from math import isfinite
from typing import Any

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.networks.network import Network
from scaling_lab.networks.tags import tag_of, tagged

KEY_LENGTH = 16


@tagged("DataRef")
@dataclass(frozen=True)
class DataRef:
    """A data set by name and fingerprint of its contents."""

    name: str
    fingerprint: str


@tagged("Point")
@dataclass(frozen=True)
class Point:
    """One network trained on one data set under one resolved recipe with one seed."""

    network: Network
    data: DataRef
    recipe: Hyperparameters
    seed: int

    @property
    def key(self) -> str:
        """Hash of the canonical form: the name of the result."""
        return result_key(self)


@dataclass(frozen=True)
class Question:
    """What was asked.

    times_flops is None for explicit multipliers; d, w and r are the asked multipliers, None where the rule has none;
    seed is the training seed; the recipe's learning rate is taken times lr_times. Raises ValueError for a question
    without a budget and without multipliers.
    """

    family: str
    rule: str
    rounding: str
    times_flops: float | None
    d: float | None
    w: float | None
    r: float | None
    dataset: str
    recipe: str
    seed: int
    lr_times: float = 1.0

    def __post_init__(self) -> None:
        if self.times_flops is None and None in (self.d, self.w, self.r):
            raise ValueError("d, w and r are not all there, and neither is times_flops")


@dataclass(frozen=True)
class Entry:
    """A question and what it came to: key of the point that answers it, the network's size, what was really got."""

    question: Question
    key: str
    flops: int
    flops_fvcore: int
    params: int
    activations: int
    depths: tuple[int, ...]
    widths: tuple[int, ...]
    side: int
    times_flops_got: float
    d_got: float
    w_got: float
    r_got: float

    def __post_init__(self) -> None:
        for name in ("flops", "params", "side", "times_flops_got", "d_got", "w_got", "r_got"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be above 0")


@dataclass(frozen=True)
class Plan:
    """The questions of a study, written before any work. asked: the overrides it was made from."""

    study: str
    asked: tuple[str, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Run:
    """One run of a sweep. started: UTC; seconds: wall time of training; points: how many it was to train."""

    started: str
    seconds: float
    workers: int
    points: int


@dataclass(frozen=True)
class Result:
    """One trained point.

    point: its canonical form. flops, flops_fvcore, params, activations: counted from the value; flops_by_fvcore:
    fvcore's count of convolutions and linear layers on the built module. held_out_accuracy and test_accuracy: shares of
    pictures, 0 to 1; test_correct: a bit a test picture in order (`pack`). train_loss: mean of each epoch, with label
    smoothing. train_seconds: wall time of the training loop; point_seconds: of everything from build to result.
    latency_seconds: of one picture through the trained module; None in results from before it was measured.
    provenance: device, threads, versions, machine, commit, time of finishing.
    """

    key: str
    point: Mapping[str, Any]
    flops: int
    flops_fvcore: int
    flops_by_fvcore: int
    params: int
    activations: int
    held_out_accuracy: float
    test_accuracy: float
    test_pictures: int
    test_correct: str
    train_loss: tuple[float, ...]
    train_seconds: float
    point_seconds: float
    provenance: Mapping[str, Any]
    latency_seconds: float | None = None

    def __post_init__(self) -> None:
        for name in ("held_out_accuracy", "test_accuracy"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be between 0 and 1")
        if not self.train_loss:
            raise ValueError("train_loss is empty; there is one a finished epoch")
        _bytes(self.test_correct, self.test_pictures)


def canonical_form(value: Any) -> Any:
    """JSON-ready form of a value in which fields at their default are left out, so that a new field changes no old key.

    Dataclasses become objects with their tag (`networks.tags`) under "is"; whole floats become integers.
    Raises ValueError for a number that is not finite and TypeError for a type with no canonical form, such as a
    dataclass without a tag.
    """
    if is_dataclass(value) and not isinstance(value, type):
        kept = {f.name: getattr(value, f.name) for f in fields(value) if not _at_default(value, f)}
        return {"is": tag_of(value)} | {name: canonical_form(kept[name]) for name in kept}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError(f"{value} has no canonical form")
        return int(value) if value.is_integer() else value
    if isinstance(value, tuple | list):
        return [canonical_form(part) for part in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _at_default(value: Any, field: Any) -> bool:
    return field.default is not MISSING and getattr(value, field.name) == field.default


def result_key(value: Any) -> str:
    """First 16 hexadecimal digits of the SHA-256 of the canonical form."""
    text = json.dumps(canonical_form(value), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


def pack_bits(correct: list[bool]) -> str:
    """Bits, eight to a byte with the first in the highest place, in base64."""
    padded = correct + [False] * (-len(correct) % 8)
    whole = (sum(bit << (7 - i) for i, bit in enumerate(padded[at : at + 8])) for at in range(0, len(padded), 8))
    return base64.b64encode(bytes(whole)).decode()


def unpack_bits(packed: str, count: int) -> list[bool]:
    """The first `count` bits of `pack`. Raises ValueError when there are fewer."""
    raw = _bytes(packed, count)
    return [bool(raw[i // 8] >> (7 - i % 8) & 1) for i in range(count)]


def _bytes(packed: str, count: int) -> bytes:
    raw = base64.b64decode(packed, validate=True)
    if len(raw) != (count + 7) // 8:
        raise ValueError(f"{len(raw)} bytes do not hold {count} bits")
    return raw
