"""Progress of a training: steps, losses and records of epochs, as checkpoints store them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

from scaling_lab.store.schema import EpochRecord


@dataclass
class TrainingProgress:
    """Progress of a training.

    Attributes:
        steps: Optimizer steps done.
        epoch_losses: Mean loss of each finished epoch.
        epochs: Measurements of each finished epoch; those of an older version's checkpoint are missing.
        seconds: Training time so far, including that of earlier processes, without evaluation.
        earlier: Seconds of earlier processes.
        losses: Losses of the current epoch's steps, on the device.
        grad_norms: L2 norm of all gradients in each of these steps, on the device.
        epoch_began: State of the generator at the start of the current epoch.
        resumed: Number of times the training was resumed.
        commits: Commits of the code that trained.
        codes: Digests of the code that trained.
        skipped: Names of corrupt images that were replaced by others.
    """

    steps: int = 0
    epoch_losses: list[float] = field(default_factory=list)
    epochs: list[EpochRecord] = field(default_factory=list)
    seconds: float = 0.0
    earlier: float = 0.0
    losses: list[Tensor] = field(default_factory=list)
    grad_norms: list[Tensor] = field(default_factory=list)
    epoch_began: Tensor | None = None
    resumed: int = 0
    commits: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def state_dict(self) -> dict[str, Any]:
        """Return the fields as a checkpoint stores them: `epoch_losses` as `means`, lists of tensors as one tensor."""
        state = dict(vars(self))
        state["means"] = state.pop("epoch_losses")
        state["epochs"] = [asdict(record) for record in self.epochs]
        return state | {name: torch.stack(state[name]) if state[name] else None for name in ("losses", "grad_norms")}

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any], device: torch.device) -> "TrainingProgress":
        """Return the progress stored by `state_dict`, also of a version without `epochs`; tensors go to `device`."""
        fields = {"epochs": [], "grad_norms": None} | dict(state)
        for name in ("losses", "grad_norms"):
            fields[name] = [] if fields[name] is None else list(fields[name].to(device).unbind())
        fields["epochs"] = [EpochRecord(**record) for record in fields["epochs"]]
        fields["epoch_losses"] = fields.pop("means")
        return cls(**fields)


@dataclass
class RunningAccuracy:
    """Training accuracy of the current epoch, for progress displays; not part of the state.

    Attributes:
        images: Images trained on in this epoch.
        correct: How many of them were classified correctly in their training step; a mixed image counts as the class
            of its larger share.
    """

    images: int = 0
    correct: Tensor | int = 0

    def add(self, logits: Tensor, targets: Tensor) -> None:
        """Count a batch without waiting for the device."""
        labels = targets if targets.ndim == 1 else targets.argmax(1)
        self.correct = self.correct + (logits.detach().argmax(1) == labels).sum()
        self.images += len(logits)

    @property
    def accuracy(self) -> float | None:
        """Share of correct images; None before the first batch."""
        return float(self.correct) / self.images if self.images else None
