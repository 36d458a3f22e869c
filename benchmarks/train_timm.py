"""timm in a process of `benchmarks/training.py`: its parts, combined as in its train script.

The network is this lab's, so that networks are the same; timm's loader reads the image files. Defaults of the
script are used except for these: channels-last, which the script offers; images of the network's side; no color jitter,
because the lab's recipe has only crop and flip; bfloat16 autocast on a GPU, for which the script makes no scaler.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import train_networks
import train_pictures
from train_worker import Job, Steps, serve


def prepare(job: Job, name: str) -> Steps:
    """Return timm's loader, optimizer, EMA, schedule and loss around the network."""
    import_module("scripts.references")  # makes torchvision, which timm imports, fit a CPU torch
    import torch
    from timm.loss import LabelSmoothingCrossEntropy
    from timm.optim import create_optimizer_v2
    from timm.scheduler import create_scheduler_v2
    from timm.utils import AverageMeter, ModelEmaV3

    device = torch.device(job.device)
    subject = train_networks.subject(name, job.batch, job.batch, job.ema)
    recipe = subject.recipe
    model = _model(job, subject).to(device=device).to(memory_format=torch.channels_last).train()
    loader = _loader(job, subject.network.side, device)
    optimizer = create_optimizer_v2(
        model, opt="sgd", lr=recipe.lr, weight_decay=recipe.weight_decay, momentum=recipe.momentum
    )
    average = ModelEmaV3(model, decay=recipe.ema) if recipe.ema else None
    schedule, _ = create_scheduler_v2(
        optimizer, "cosine", num_epochs=10**6, step_on_epochs=False, updates_per_epoch=len(loader)
    )
    loss_of = LabelSmoothingCrossEntropy(recipe.label_smoothing).to(device)
    forward = torch.compile(model) if job.compiled else model
    halved = device.type == "cuda" and torch.cuda.is_bf16_supported()
    losses, batches = AverageMeter(), _endless(loader)
    done = 0

    def steps(count: int) -> None:
        nonlocal done
        for _ in range(count):
            pictures, labels = next(batches)
            pictures = pictures.contiguous(memory_format=torch.channels_last)
            with torch.autocast(device.type, torch.bfloat16, enabled=halved):
                loss = loss_of(forward(pictures), labels)
            loss.backward()
            optimizer.step()
            losses.update(loss.item(), len(pictures))
            done += 1
            optimizer.zero_grad()
            if average is not None:
                average.update(model, step=done)
            schedule.step_update(num_updates=done, metric=losses.avg)

    return steps


def _model(job: Job, subject: train_networks.Subject) -> Any:
    import torch

    torch.manual_seed(0)
    if job.timm:
        import timm

        return timm.create_model(job.timm, num_classes=subject.network.classes)
    from scaling_lab.config.hyperparameters import with_regularization
    from scaling_lab.training.module import build_module

    return build_module(with_regularization(subject.network, subject.recipe))


def _loader(job: Job, side: int, device: Any) -> Any:
    from timm.data import create_dataset, create_loader

    mean, std = train_pictures.moments(Path(job.folder))
    return create_loader(
        create_dataset("", root=str(Path(job.folder) / train_pictures.TRAIN), is_training=True),
        input_size=(len(mean), side, side),
        batch_size=job.batch,
        is_training=True,
        color_jitter=0.0,
        interpolation="random",
        mean=mean,
        std=std,
        num_workers=job.loaders,
        device=device,
    )


def _endless(loader: Any) -> Iterator[tuple[Any, Any]]:
    while True:
        yield from loader


if __name__ == "__main__":
    serve(prepare)
