"""A training with everything that its next step depends on in one place, so that it can be taken up again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.training.ema import EMA
from scaling_lab.training.lr_schedule import make_lr_scheduler
from scaling_lab.training.optimizers import make_optimizer
from scaling_lab.training.precision import StepOptions


@dataclass
class TrainingProgress:
    """How far a training is.

    Attributes:
        steps: Optimizer steps done.
        epoch_losses: Mean loss of each finished epoch.
        seconds: Training time so far, that of earlier processes included.
        earlier: Seconds of earlier processes.
        losses: Losses of the current epoch's steps, on the device.
        epoch_began: State of the generator at the start of the current epoch.
        resumed: How often the training was resumed.
        commits: Commits of the code that trained.
        codes: Digests of the code that trained.
        skipped: Names of corrupt images that were replaced by others.
    """

    steps: int = 0
    epoch_losses: list[float] = field(default_factory=list)
    seconds: float = 0.0
    earlier: float = 0.0
    losses: list[Tensor] = field(default_factory=list)
    epoch_began: Tensor | None = None
    resumed: int = 0
    commits: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def state_dict(self) -> dict[str, Any]:
        """Return the fields as a checkpoint stores them: `epoch_losses` under `means`, `losses` as one tensor."""
        state = dict(vars(self))
        state["means"] = state.pop("epoch_losses")
        return state | {"losses": torch.stack(self.losses) if self.losses else None}

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any], device: torch.device) -> "TrainingProgress":
        """Return the progress that `state_dict` described, with the losses on `device`."""
        fields = dict(state)
        losses = fields.pop("losses")
        fields["losses"] = [] if losses is None else list(losses.to(device).unbind())
        fields["epoch_losses"] = fields.pop("means")
        return cls(**fields)


@dataclass
class RunningAccuracy:
    """For who watches, and no part of the state: pictures of the epoch under way, and how many of these were classified
    correctly when they were trained on (mixed ones: as their larger share)."""

    pictures: int = 0
    right: Tensor | int = 0

    def add(self, logits: Tensor, targets: Tensor) -> None:
        """Counts a batch. Nothing waits for the device."""
        wanted = targets if targets.ndim == 1 else targets.argmax(1)
        self.right = self.right + (logits.detach().argmax(1) == wanted).sum()
        self.pictures += len(logits)

    @property
    def accuracy(self) -> float | None:
        """Share of pictures; None before the first."""
        return float(self.right) / self.pictures if self.pictures else None


class Training:
    """A module being trained in place under a recipe, with everything that its next step depends on.

    side: of the pictures that it takes. `seed` fixes order and augmentation; initial weights and dropout come from
    torch's global generators, which the caller seeds. means: how a step is computed on this device.
    """

    def __init__(
        self, module: nn.Module, side: int, recipe: Hyperparameters, seed: int, step_options: StepOptions
    ) -> None:
        self.module, self.side, self.recipe, self.step_options = module, side, recipe, step_options
        self.device = next(module.parameters()).device
        self.optimizer = make_optimizer(module, recipe)
        self.schedule = make_lr_scheduler(self.optimizer, recipe)
        self.ema = EMA(module, recipe.ema) if recipe.ema else None
        self.generator = torch.Generator().manual_seed(seed)
        self.forward = torch.compile(module) if step_options.compiled else module
        self.progress = TrainingProgress()
        self.running_accuracy = RunningAccuracy()

    @property
    def evaluated_module(self) -> nn.Module:
        """The module to evaluate: averaged weights where the recipe has them."""
        return self.ema.module if self.ema else self.module

    def step(self, pictures: Tensor, targets: Tensor) -> Tensor:
        """One optimiser step; its loss, still on the device. A batch is taken in parts where memory is short."""
        self.optimizer.zero_grad()
        size = self.step_options.micro_batch_size or len(pictures)
        count = -(-len(pictures) // size)
        parts = list(zip(pictures.tensor_split(count), targets.tensor_split(count), strict=True))
        if len(parts) == 1:
            loss = self._loss(pictures, targets)
            loss.backward()
        else:
            loss = torch.zeros((), device=self.device)
            for some, wanted in parts:
                part = self._loss(some, wanted) * (len(some) / len(pictures))
                part.backward()
                loss += part.detach()
        self.optimizer.step()
        self.schedule.step()
        if self.ema:
            self.ema.update(self.module)
        return loss.detach()

    def state(self) -> dict[str, Any]:
        """Everything, as tensors and plain values."""
        return {
            "module": self.module.state_dict(),
            "averaged": self.ema.state_dict() if self.ema else None,
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "generator": self.generator.get_state(),
            "cpu": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
            "at_once": self.step_options.micro_batch_size,
            "device": self.device.type,
            "precision": self.step_options.precision,
            "progress": self.progress.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Takes up where `state` was taken. Raises KeyError, RuntimeError or ValueError for one of another training."""
        for name, here in (("device", self.device.type), ("precision", self.step_options.precision)):
            if state[name] != here:
                raise ValueError(f"its {name} is {state[name]}, here it is {here}")
        self.module.load_state_dict(state["module"])
        if self.ema:
            self.ema.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"].cpu())
        torch.set_rng_state(state["cpu"].cpu())
        if state["cuda"] is not None:
            torch.cuda.set_rng_state(state["cuda"].cpu(), self.device)
        before = {name: getattr(self.progress, name) for name in ("commits", "codes")}
        self.progress = TrainingProgress.from_state_dict(state["progress"], self.device)
        self.progress.resumed += 1
        self.progress.earlier = self.progress.seconds
        for name, own in before.items():
            setattr(self.progress, name, sorted({*own, *getattr(self.progress, name)}))

    def provenance(self, left_out: int = 0) -> dict[str, Any]:
        """What a result says of how it was trained. left_out: corrupt pictures that never were in the data."""
        now = self.progress
        return {
            "code": ", ".join(now.codes),
            "commit": ", ".join(now.commits),
            "precision": self.step_options.precision,
            "compiled": self.step_options.compiled,
            "at_once": self.step_options.micro_batch_size or self.recipe.batch,
            "resumed": now.resumed,
            "skipped": left_out + len(now.skipped),
        }

    def _loss(self, pictures: Tensor, targets: Tensor) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.step_options.precision == "bfloat16"):
            logits = self.forward(pictures)
        self.running_accuracy.add(logits, targets)
        return functional.cross_entropy(logits.float(), targets, label_smoothing=self.recipe.label_smoothing)
