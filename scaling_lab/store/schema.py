"""The records of a training: point and result. Their field names are the JSON on disk. No torch.

A result is named by the key of its point and does not depend on rules or studies; the plan (`store.plan_schema`) says
which questions a point answers. Device, versions and commit are provenance: stored with the result, not in its key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.networks.module_network import AnyNetwork
from scaling_lab.networks.network import Network
from scaling_lab.networks.tags import tagged
from scaling_lab.store.bits import unpack_bytes
from scaling_lab.store.chance import exceeds_chance
from scaling_lab.store.keys import result_key
from scaling_lab.store.ranges import (
    MAX_COUNT,
    MAX_SECONDS,
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

    network: AnyNetwork
    data: DataRef
    recipe: Hyperparameters
    seed: int

    @property
    def key(self) -> str:
        """Hash of the canonical form, which names the result."""
        return result_key(self)


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
    def dataset_fingerprint(self) -> str | None:
        """Digest of the dataset's contents; None where the point does not record it."""
        data = self.point.get("data")
        fingerprint = data.get("fingerprint") if isinstance(data, Mapping) else None
        return fingerprint if isinstance(fingerprint, str) else None

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
