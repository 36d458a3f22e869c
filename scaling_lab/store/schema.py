"""The records of a study: question, plan entry, point, result. Their field names are the JSON on disk. No torch.

A result is named by the key of its point and does not depend on rules or studies; the plan says which questions a point
answers. Device, versions and commit are provenance: stored with the result, not part of its key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.networks.network import Network
from scaling_lab.networks.tags import tagged
from scaling_lab.store.bits import unpack_bytes
from scaling_lab.store.chance import exceeds_chance
from scaling_lab.store.keys import result_key
from scaling_lab.store.ranges import (
    MAX_COUNT,
    MAX_SECONDS,
    require_key,
    require_positive,
    require_range,
)


@tagged("DataRef")
@dataclass(frozen=True)
class DataRef:
    """A reference to a dataset.

    Attributes:
        name: Name in conf/dataset.
        fingerprint: Digest of the contents.
    """

    name: str
    fingerprint: str


@tagged("Point")
@dataclass(frozen=True)
class Point:
    """One network trained on one dataset with one set of hyperparameters and one seed.

    Attributes:
        recipe: The hyperparameters. The field name is part of all keys.
    """

    network: Network
    data: DataRef
    recipe: Hyperparameters
    seed: int

    @property
    def key(self) -> str:
        """Hash of the canonical form, which names the result."""
        return result_key(self)


@dataclass(frozen=True)
class Question:
    """A question of a study about one network.

    Attributes:
        times_flops: Requested budget in times the baseline's FLOPs; None for explicit multipliers.
        d: Requested depth multiplier; None where the rule has none. Likewise `w` (width) and `r` (resolution).
        seed: Training seed.
        lr_times: Factor on the recipe's learning rate.

    Raises:
        ValueError: There is neither a budget nor a full set of multipliers.
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
            raise ValueError("a question needs times_flops, or all of d, w and r")


@dataclass(frozen=True)
class Entry:
    """A question of a plan with the network that answers it.

    Attributes:
        key: Key of the point that answers the question.
        flops: Multiply-adds of one forward pass on one image.
        flops_fvcore: The total that fvcore counts (`networks.costs.cost`).
        times_flops_got: Obtained FLOPs over the baseline's.
        d_got: Obtained blocks over the baseline's. Likewise `w_got` (sum of stage widths) and `r_got` (side).
    """

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
        require_key(self.key)
        require_positive(self.question, "times_flops", "d", "w", "r", "lr_times")
        require_positive(self, "flops", "params", "side", "times_flops_got", "d_got", "w_got", "r_got")


@dataclass(frozen=True)
class Skipped:
    """A question that no network answers, left out of a plan with `infeasible=skip`.

    Attributes:
        reason: Why, in a sentence.
    """

    question: Question
    reason: str


@dataclass(frozen=True)
class PlannedVerdicts:
    """What a plan says about verdicts; not part of keys.

    Attributes:
        contrasts: Pairs of rules to test; empty for all pairs.
        delta: Smallest difference that matters, in percentage points; None if not given.
        finished_before: Number of points that had a result when these were set. Only with 0 were they planned.

    Raises:
        ValueError: A contrast is not a pair, or delta is out of range.
    """

    contrasts: tuple[tuple[str, ...], ...] = ()
    delta: float | None = None
    finished_before: int = 0

    def __post_init__(self) -> None:
        if any(len(pair) != 2 for pair in self.contrasts):
            raise ValueError("a contrast must have two rules")
        require_positive(self, "delta")

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The contrasts, as pairs."""
        return tuple((first, second) for first, second in self.contrasts)


DEFAULT_VERDICTS = PlannedVerdicts()


@dataclass(frozen=True)
class DataSource:
    """What a dataset of a plan was built from.

    Attributes:
        name: Name of the dataset, as in `Question.dataset`.
        settings: Those of its YAML file, `_target_` included, with the values that were used.
    """

    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """The questions of a study, written before any training.

    Attributes:
        asked: The command-line overrides from which the plan was made.
        earlier_commands: The overrides of the commands that this one extended (`on_other_plan=extend`), oldest first.
        skipped: Questions that were left out because no network answers them.
        verdicts: Which pairs of rules are tested, and which difference matters.
        datasets: What the datasets were built from; empty in older plans.
    """

    study: str
    asked: tuple[str, ...]
    entries: tuple[Entry, ...]
    earlier_commands: tuple[tuple[str, ...], ...] = ()
    skipped: tuple[Skipped, ...] = ()
    verdicts: PlannedVerdicts = DEFAULT_VERDICTS
    datasets: tuple[DataSource, ...] = ()

    @property
    def commands(self) -> tuple[tuple[str, ...], ...]:
        """The overrides of every command that has questions in the plan, oldest first."""
        return (*self.earlier_commands, self.asked)


@dataclass(frozen=True)
class EpochRecord:
    """What was measured at the end of one epoch of a training; its loss is in `Result.train_loss`.

    Attributes:
        epoch: Number of the epoch, from 1.
        step: Optimizer steps done.
        lr: Learning rate of the epoch's last step.
        grad_norm: Mean over the epoch's steps of the L2 norm of all gradients together; None if it is not finite, or if
            part of the epoch was trained by a version that did not record it.
        held_out_loss: Mean cross entropy of the held-out images, without label smoothing; None if it is not finite.
        held_out_accuracy: Share of the held-out images classified correctly, 0 to 1.
        seconds: Training time so far, without evaluation.
    """

    epoch: int
    step: int
    lr: float
    grad_norm: float | None
    held_out_loss: float | None
    held_out_accuracy: float
    seconds: float

    def __post_init__(self) -> None:
        require_range(self, 0, 1, "held_out_accuracy")


@dataclass(frozen=True)
class Result:
    """One trained point.

    Attributes:
        key: Key of the point.
        point: Canonical form of the point.
        flops: Multiply-adds counted from the network's value. Likewise `flops_fvcore`, `params` and `activations`.
        flops_by_fvcore: fvcore's count of convolutions and linear layers on the built module.
        held_out_accuracy: Share of the held-out images classified correctly, 0 to 1.
        test_accuracy: Share of the test images classified correctly, 0 to 1.
        test_correct: One bit per test image in order (`bits.pack_bits`).
        train_loss: Mean loss of each epoch, with label smoothing.
        train_seconds: Wall time of the training loop.
        point_seconds: Wall time from building the module to the result.
        provenance: Device, threads, versions, machine, commit, time of finishing.
        latency_seconds: Time of one image through the trained module; None in results from before it was measured.
        epochs: Measurements of each epoch; empty in older results.
        test_loss: Mean cross entropy of the test images, without label smoothing; None if it is not finite, and in
            older results.
        test_top5: Share of the test images whose label is among the five largest logits; None for five classes or
            fewer, and in older results.
        chance: Test accuracy of the best constant answer: the larger of 1 / classes and the share of the most frequent
            class; None in older results.
        peak_memory: Most memory used at once, in bytes: on a GPU what torch allocated there, on a CPU the resident
            memory of the process. After a resumption, of the last process. None in older results.

    Raises:
        ValueError: A number is out of range, there is no loss, or `test_correct` has another length.
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
    epochs: tuple[EpochRecord, ...] = ()
    test_loss: float | None = None
    test_top5: float | None = None
    chance: float | None = None
    peak_memory: int | None = None

    @property
    def learned(self) -> bool | None:
        """Whether the test accuracy is above chance (`chance.exceeds_chance`); None where chance is not known."""
        chance = self.chance
        if chance is None and (classes := self._recorded("network", "classes", Network.classes)):
            chance = 1 / classes
        correct = round(self.test_accuracy * self.test_pictures)
        return None if chance is None else exceeds_chance(correct, self.test_pictures, chance)

    @property
    def images_per_second(self) -> float | None:
        """Training images per second of `train_seconds`; None where the point is not recorded."""
        steps, batch = self._recorded("recipe", "steps"), self._recorded("recipe", "batch")
        return steps * batch / self.train_seconds if steps and batch and self.train_seconds > 0 else None

    def _recorded(self, part: str, name: str, default: int | None = None) -> int | None:
        """Return an integer of the point's canonical form, which leaves defaults out."""
        value = self.point[part].get(name, default) if isinstance(self.point.get(part), Mapping) else None
        return value if type(value) is int else None

    def __post_init__(self) -> None:
        require_range(self, 0, 1, "held_out_accuracy", "test_accuracy", "test_top5", "chance")
        require_range(self, 1, MAX_COUNT, "test_pictures")
        require_range(self, 0, MAX_SECONDS, "point_seconds")
        require_positive(self, "flops", "params", "train_seconds", "latency_seconds")
        if not self.train_loss:
            raise ValueError("train_loss is empty; must have one loss per finished epoch")
        unpack_bytes(self.test_correct, self.test_pictures)
