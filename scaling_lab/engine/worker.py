"""What a worker does. torch comes with the first call, so that the process that hands out the work never imports it."""

from dataclasses import replace
from pathlib import Path

from scaling_lab.data.streamed import DataSet
from scaling_lab.records import Point, Result
from scaling_lab.running import Running


def train(device: str, point: Point, pictures: DataSet, folder: Path, running: Running) -> Result:
    """Trains and stores one point on a device, on one thread whatever the machine."""
    import torch

    from scaling_lab.point import run

    torch.set_num_threads(1)
    return run(point, pictures, folder, replace(running, device=device))
