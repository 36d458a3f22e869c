"""The limit in a process of `benchmarks/training.py`: a bare loop over random batches already on the device."""

import train_networks
from train_worker import Job, Steps, serve

BATCHES = 8


def prepare(job: Job, name: str) -> Steps:
    """Run forward, cross entropy, backward and a fused SGD step, and nothing else."""
    import torch
    from torch.nn import functional

    from scaling_lab.config.hyperparameters import with_regularization
    from scaling_lab.training.module import build_module
    from scaling_lab.training.precision import choose_step_options

    device = torch.device(job.device)
    torch.backends.cudnn.benchmark = torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    subject = train_networks.subject(name, job.batch, job.batch)
    network, recipe = subject.network, subject.recipe
    torch.manual_seed(0)
    module = build_module(with_regularization(network, recipe)).to(device).train()
    forward = torch.compile(module) if job.compiled else module
    optimizer = torch.optim.SGD(
        module.parameters(), recipe.lr, recipe.momentum, weight_decay=recipe.weight_decay, nesterov=True, fused=True
    )
    size = (job.batch, network.channels, network.side, network.side)
    ready = [
        (
            torch.randn(size, device=device).to(memory_format=torch.channels_last),
            torch.randint(network.classes, (job.batch,), device=device),
        )
        for _ in range(BATCHES)
    ]
    halved = choose_step_options(device).precision == "bfloat16"

    def steps(count: int) -> None:
        for i in range(count):
            pictures, labels = ready[i % BATCHES]
            optimizer.zero_grad()
            with torch.autocast(device.type, torch.bfloat16, enabled=halved):
                logits = forward(pictures)
            functional.cross_entropy(logits.float(), labels, label_smoothing=recipe.label_smoothing).backward()
            optimizer.step()

    return steps


if __name__ == "__main__":
    serve(prepare)
