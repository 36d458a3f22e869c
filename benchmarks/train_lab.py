"""This lab in a process of `benchmarks/training.py`: its loop over images in memory, on one thread."""

from dataclasses import replace
from pathlib import Path

import train_networks
import train_pictures
from train_worker import Job, Steps, serve

from scaling_lab.config.execution import ExecutionOptions


def prepare(job: Job, name: str) -> Steps:
    """Train as for a point, without checkpoints."""
    import torch

    from scaling_lab.config.hyperparameters import with_regularization
    from scaling_lab.data.loaders import load_training_batches
    from scaling_lab.training.device import prepare_device as prepared
    from scaling_lab.training.loop import train
    from scaling_lab.training.module import build_module
    from scaling_lab.training.precision import choose_step_options
    from scaling_lab.training.state import Training

    device = prepared(ExecutionOptions(job.device))
    pictures = train_pictures.pictures(Path(job.folder))
    subject = train_networks.subject(name, job.batch, len(pictures.train), job.ema)
    batches = load_training_batches(pictures, subject.recipe, subject.network.side, device)
    torch.manual_seed(0)
    module = build_module(with_regularization(subject.network, subject.recipe)).to(device)
    training = Training(module, subject.network.side, subject.recipe, 0, choose_step_options(device, job.compiled))

    def steps(count: int) -> None:
        training.recipe = replace(training.recipe, steps=training.progress.steps + count)
        train(training, batches, pictures)

    return steps


if __name__ == "__main__":
    serve(prepare)
