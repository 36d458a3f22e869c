"""State of a training: everything that its next step depends on, so that it can be checkpointed and resumed."""

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.training.ema import EMA
from scaling_lab.training.lr_schedule import make_lr_scheduler
from scaling_lab.training.optimizers import make_optimizer
from scaling_lab.training.precision import StepOptions
from scaling_lab.training.progress import RunningAccuracy, TrainingProgress


class Training:
    """A module being trained in place under a recipe, with everything that its next step depends on.

    Args:
        module: Module to train. Its initial weights and dropout come from torch's global generators, which the caller
            seeds.
        side: Side of the input images in pixels.
        recipe: Resolved recipe.
        seed: Seed of the order of images and of augmentation.
        step_options: How a step is computed on this device.
    """

    def __init__(
        self, module: nn.Module, side: int, recipe: Hyperparameters, seed: int, step_options: StepOptions
    ) -> None:
        self.module, self.side, self.recipe, self.step_options = module, side, recipe, step_options
        self._weights = list(module.parameters())  # listing them takes as long as their norms
        self.device = self._weights[0].device
        self.optimizer = make_optimizer(module, recipe)
        self.schedule = make_lr_scheduler(self.optimizer, recipe)
        self.ema = EMA(module, recipe.ema) if recipe.ema else None
        self.generator = torch.Generator().manual_seed(seed)
        self.forward = torch.compile(module) if step_options.compiled else module
        self.progress = TrainingProgress()
        self.running_accuracy = RunningAccuracy()

    @property
    def evaluated_module(self) -> nn.Module:
        """Module to evaluate: the averaged weights if the recipe has an EMA."""
        return self.ema.module if self.ema else self.module

    def step(self, images: Tensor, targets: Tensor) -> Tensor:
        """Take one optimizer step, over micro-batches if set, and return its loss, still on the device."""
        self.optimizer.zero_grad()
        size = self.step_options.micro_batch_size or len(images)
        count = -(-len(images) // size)
        micro_batches = list(zip(images.tensor_split(count), targets.tensor_split(count), strict=True))
        if len(micro_batches) == 1:
            loss = self._loss(images, targets)
            loss.backward()  # type: ignore[no-untyped-call]
        else:
            loss = torch.zeros((), device=self.device)
            for part_images, part_targets in micro_batches:
                part_loss = self._loss(part_images, part_targets) * (len(part_images) / len(images))
                part_loss.backward()  # type: ignore[no-untyped-call]
                loss += part_loss.detach()
        self.progress.grad_norms.append(self._gradient_norm())
        self.optimizer.step()
        self.schedule.step()
        if self.ema:
            self.ema.update(self.module)
        return loss.detach()

    def state_dict(self) -> dict[str, Any]:
        """Return the complete state as tensors and plain values; the keys are those of checkpoint files."""
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

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a state returned by `state_dict`.

        Raises:
            ValueError: If the state was made with another type of device or another precision, or its number of steps
                is not that of its learning rate.
            KeyError, RuntimeError: If the state belongs to another training.
        """
        for name, current in (("device", self.device.type), ("precision", self.step_options.precision)):
            if state[name] != current:
                raise ValueError(f"its {name} is {state[name]}; this training uses {current}")
        self.module.load_state_dict(state["module"])
        if self.ema:
            self.ema.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"].cpu())
        torch.set_rng_state(state["cpu"].cpu())
        if state["cuda"] is not None:
            torch.cuda.set_rng_state(state["cuda"].cpu(), self.device)
        previous = self.progress
        self.progress = TrainingProgress.from_state_dict(state["progress"], self.device)
        if self.progress.steps != self.schedule.last_epoch or not 0 <= self.progress.steps <= self.recipe.steps:
            raise ValueError(
                f"it has {self.progress.steps} steps of {self.recipe.steps}, and the learning rate of step "
                f"{self.schedule.last_epoch}"
            )
        self.progress.resumed += 1
        self.progress.earlier = self.progress.seconds
        self.progress.commits = sorted({*previous.commits, *self.progress.commits})
        self.progress.codes = sorted({*previous.codes, *self.progress.codes})

    def provenance(self, skipped: int = 0) -> dict[str, Any]:
        """Return how the point was trained, as stored in its result.

        Args:
            skipped: Corrupt images that the dataset left out.
        """
        return {
            "code": ", ".join(self.progress.codes),
            "commit": ", ".join(self.progress.commits),
            "precision": self.step_options.precision,
            "compiled": self.step_options.compiled,
            "at_once": self.step_options.micro_batch_size or self.recipe.batch,
            "resumed": self.progress.resumed,
            "skipped": skipped + len(self.progress.skipped),
        }

    def _gradient_norm(self) -> Tensor:
        """Return the L2 norm of all gradients together, still on the device."""
        gradients = [weight.grad for weight in self._weights if weight.grad is not None]
        norms = cast(list[Tensor], torch._foreach_norm(gradients))
        return cast(Tensor, torch.linalg.vector_norm(torch.stack(norms)))

    def _loss(self, images: Tensor, targets: Tensor) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.step_options.precision == "bfloat16"):
            logits = self.forward(images)
        self.running_accuracy.add(logits, targets)
        return functional.cross_entropy(logits.float(), targets, label_smoothing=self.recipe.label_smoothing)
