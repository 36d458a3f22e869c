"""State of a training: everything that its next step depends on, so that it can be checkpointed and resumed."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from scaling_lab.config.hyperparameters import Hyperparameters
from scaling_lab.training.distributed import ALONE, ProcessGroup, no_sync
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
        group: Processes that train the module together, each with a slice of every batch.
    """

    def __init__(
        self,
        module: nn.Module,
        side: int,
        recipe: Hyperparameters,
        seed: int,
        step_options: StepOptions,
        group: ProcessGroup = ALONE,
    ) -> None:
        self.module, self.side, self.recipe, self.step_options = module, side, recipe, step_options
        self.group = group
        self._weights = list(module.parameters())  # listing them takes as long as their norms
        self.device = self._weights[0].device
        self.optimizer = make_optimizer(module, recipe)
        self.schedule = make_lr_scheduler(self.optimizer, recipe)
        self.ema = EMA(module, recipe.ema) if recipe.ema else None
        self.generator = torch.Generator().manual_seed(seed)
        self._parallel: nn.Module | None = None  # the module as its group calls it, from the first step
        self._forward: Callable[[Tensor], Tensor] = module
        self.progress = TrainingProgress()
        self.running_accuracy = RunningAccuracy()

    @property
    def evaluated_module(self) -> nn.Module:
        """Module to evaluate: the averaged weights if the recipe has an EMA."""
        return self.ema.module if self.ema else self.module

    def step(self, images: Tensor, targets: Tensor) -> Tensor:
        """Take one optimizer step, over micro-batches if set.

        Args:
            images: All images of the batch; each process takes its slice.
            targets: Labels or class shares of these images.

        Returns:
            The mean loss of the batch, still on the device.
        """
        self.optimizer.zero_grad()
        if self._parallel is None:
            self._parallel = self.group.wrap(self.module, images)
            self._forward = torch.compile(self._parallel) if self.step_options.compiled else self._parallel
        own = self.group.own_slice(len(images))
        loss = self.group.sum(self._backward(images[own], targets[own], len(images)))
        self.progress.grad_norms.append(self._gradient_norm())
        self.optimizer.step()
        self.schedule.step()
        if self.ema:
            self.ema.update(self.module)
        return loss

    def _backward(self, images: Tensor, targets: Tensor, batch: int) -> Tensor:
        """Accumulate gradients over micro-batches; return the share of these images in the mean loss of `batch`."""
        loss = torch.zeros((), device=self.device)
        count = -(-len(images) // (self.step_options.micro_batch_size or len(images)))
        parts = zip(images.tensor_split(count), targets.tensor_split(count), strict=True)
        for number, (part_images, part_targets) in enumerate(parts, 1):
            share = len(part_images) / batch
            with no_sync(self._parallel, is_last=number == count):
                part_loss = self._loss(part_images, part_targets)
                weighted = part_loss * (share * self.group.size)  # gradients of processes are averaged, not summed
                weighted.backward()  # type: ignore[no-untyped-call]
            loss += part_loss.detach() * share
        return loss

    def agree(self, *flags: bool) -> tuple[bool, ...]:
        """Return for each flag whether it is true in any process; on GPUs always false between two agreements."""
        if self.progress.steps % self.group.agree_every:
            return (False,) * len(flags)
        return self.group.any(*flags)

    def state_dict(self) -> dict[str, Any]:
        """Return the complete state as tensors and plain values; the keys are those of checkpoint files.

        A collective of all processes: the state has the random states of each.
        """
        on_gpu = self.device.type == "cuda"
        states = (torch.get_rng_state(), torch.cuda.get_rng_state(self.device) if on_gpu else None)
        return {
            "module": self.module.state_dict(),
            "averaged": self.ema.state_dict() if self.ema else None,
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "generator": self.generator.get_state(),
            "cpu": states[0],
            "cuda": states[1],
            "others": self.group.gather(states)[1:],  # the same two of the other processes
            "at_once": self.step_options.micro_batch_size,
            **self._conditions(),
            "progress": self.progress.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a state returned by `state_dict`.

        Raises:
            ValueError: If the state was made with another type of device, another precision, another number of
                processes or another batch norm, or its number of steps is not that of its learning rate.
            KeyError, RuntimeError: If the state belongs to another training.
        """
        alone = {"processes": 1, "sync_batch_norm": False}  # of checkpoints from before these were recorded
        for name, current in self._conditions().items():
            if (earlier := (alone | dict(state))[name]) != current:
                label = {"processes": "number of processes"}.get(name, name)
                raise ValueError(f"its {label} is {earlier}; this training uses {current}")
        self.module.load_state_dict(state["module"])
        if self.ema:
            self.ema.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"].cpu())
        rank = self.group.rank
        cpu, cuda = state["others"][rank - 1] if rank else (state["cpu"], state["cuda"])
        torch.set_rng_state(cpu.cpu())
        if cuda is not None:
            torch.cuda.set_rng_state(cuda.cpu(), self.device)
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
            "at_once": self.step_options.micro_batch_size or -(-self.recipe.batch // self.group.size),
            "resumed": self.progress.resumed,
            "skipped": skipped + len(self.progress.skipped),
            "processes": self.group.size,
            "sync_batch_norm": self.group.sync_batch_norm,
        }

    def _conditions(self) -> dict[str, str | int]:
        """Return what decides the bits of a step, with its name in checkpoints: a checkpoint must have the same."""
        return {
            "device": self.device.type,
            "precision": self.step_options.precision,
            "processes": self.group.size,
            "sync_batch_norm": self.group.sync_batch_norm,
        }

    def _gradient_norm(self) -> Tensor:
        """Return the L2 norm of all gradients together, still on the device."""
        gradients = [weight.grad for weight in self._weights if weight.grad is not None]
        norms = cast(list[Tensor], torch._foreach_norm(gradients))
        return cast(Tensor, torch.linalg.vector_norm(torch.stack(norms)))

    def _loss(self, images: Tensor, targets: Tensor) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.step_options.precision == "bfloat16"):
            logits = self._forward(images)
        self.running_accuracy.add(logits, targets)
        return functional.cross_entropy(logits.float(), targets, label_smoothing=self.recipe.label_smoothing)
