"""Whether a point that was trained again has the committed result: bit for bit, or as another seed would. Pure.

Another processor or another torch rounds differently, and a training amplifies that, so that the new accuracy is as far
from the old one as that of another seed. So it is compared with the seeds of the same network: it has to lie in
their prediction interval, and no more answers may have changed than between two seeds, with a margin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scaling_lab.analysis.seed_spread import SeedSpread, count_changed

BIT_EQUAL = "bit-equal"
WITHIN_NOISE = "equal within seed noise"
NOT_REPRODUCED = "not reproduced"
FAILED = "failed"
REPRODUCED = (BIT_EQUAL, WITHIN_NOISE)
LEVEL = 0.99  # probability that all faithful trainings of a sample are in their prediction intervals
CHANGED_LIMIT = 1.5  # in changed answers between two seeds

DIFFERING = (
    *("device", "precision", "compiled", "threads", "at_once", "processes", "sync_batch_norm", "torch", "code"),
    *("processor", "instruction_set", "system", "python"),
)
"""Provenance that may explain different bits."""


@dataclass(frozen=True)
class Measurement:
    """What a training measured.

    Attributes:
        test_accuracy: Share of the test images classified correctly.
        test_correct: One bit per test image.
        test_pictures: Number of test images.
        held_out_accuracy: Share of the held-out images classified correctly.
        losses: Mean training losses of the last epochs, of as many as are recorded.
        provenance: Values of DIFFERING by name; those that were not recorded are absent.
    """

    test_accuracy: float
    test_correct: str
    test_pictures: int
    held_out_accuracy: float
    losses: tuple[float, ...]
    provenance: Mapping[str, Any]

    def equals(self, other: "Measurement") -> bool:
        """Return whether all numbers that both have are the same bits."""
        epochs = min(len(self.losses), len(other.losses))
        names = ("test_accuracy", "test_correct", "test_pictures", "held_out_accuracy")
        is_same = all(getattr(self, name) == getattr(other, name) for name in names)
        return is_same and self.losses[-epochs:] == other.losses[-epochs:]

    def count_changed(self, other: "Measurement") -> int:
        """Return the number of test images that one answered correctly and the other did not."""
        return count_changed(self.test_correct, other.test_correct, self.test_pictures)


@dataclass(frozen=True)
class Reproduction:
    """A point that was trained again, with its committed result.

    Attributes:
        row: Its row in the table of the study.
        recorded: What its result has.
        now: What was measured now; None if the training failed.
        verdict: BIT_EQUAL, WITHIN_NOISE, NOT_REPRODUCED or FAILED.
        reason: Why it is not reproduced; empty otherwise.
        changed: Number of test images whose answer changed.
        noise: How the seeds of the network differ; None if the study has no network with two seeds.
        interval: Prediction interval of the test accuracy.
        command: Command that trains the point alone.
    """

    row: Mapping[str, Any]
    recorded: Measurement
    now: Measurement | None
    verdict: str
    reason: str = ""
    changed: int | None = None
    noise: SeedSpread | None = None
    interval: tuple[float, float] | None = None
    command: str = ""

    @property
    def is_reproduced(self) -> bool:
        """Whether the result is the committed one, bit for bit or within seed noise."""
        return self.verdict in REPRODUCED

    @property
    def differences(self) -> dict[str, tuple[Any, Any]]:
        """Provenance that differs: the recorded value and the one of now, by name."""
        if self.now is None:
            return {}
        pairs = {name: (self.recorded.provenance.get(name), self.now.provenance.get(name)) for name in DIFFERING}
        return {name: (old, new) for name, (old, new) in pairs.items() if old != new and old is not None}


def judge_reproduction(
    row: Mapping[str, Any],
    recorded: Measurement,
    now: Measurement,
    noise: SeedSpread | None,
    points: int = 1,
    command: str = "",
) -> Reproduction:
    """Return the verdict on a point that was trained again.

    Args:
        row: Row of the point in the table.
        recorded: What its result has.
        now: What was measured now.
        noise: How the seeds of its network differ; None if that is not known.
        points: Number of points that are judged together.
        command: Command that trains the point alone.
    """
    if recorded.equals(now):
        return Reproduction(row, recorded, now, BIT_EQUAL, changed=0, noise=noise, command=command)
    if recorded.test_pictures != now.test_pictures:
        reason = f"{now.test_pictures} test images instead of {recorded.test_pictures}"
        return Reproduction(row, recorded, now, NOT_REPRODUCED, reason, noise=noise, command=command)
    changed = recorded.count_changed(now)
    interval = noise.interval(1 - (1 - LEVEL) / points) if noise else None
    reason = _explain(now.test_accuracy, changed, noise, interval)
    verdict = NOT_REPRODUCED if reason else WITHIN_NOISE
    return Reproduction(row, recorded, now, verdict, reason, changed, noise, interval, command)


def _explain(accuracy: float, changed: int, noise: SeedSpread | None, interval: tuple[float, float] | None) -> str:
    """Return why a training is not another seed of the network; empty if it can be one."""
    if noise is None or interval is None:
        return "the bits differ, and no network of the study has two seeds to compare with"
    if not interval[0] <= accuracy <= interval[1]:
        return "the accuracy is outside the range of the seeds"
    if changed > CHANGED_LIMIT * noise.changed:
        return f"more than {CHANGED_LIMIT:g} times as many answers changed as between two seeds"
    return ""
