"""What a worker does. torch comes with the first call, so that the process that hands out the work never imports it."""

from pathlib import Path

from scaling_lab.data.pictures import Pictures
from scaling_lab.records import Point, Result


def train(point: Point, pictures: Pictures, folder: Path) -> Result:
    """Trains and stores one point, on one thread whatever the machine."""
    import torch

    from scaling_lab.point import run

    torch.set_num_threads(1)
    return run(point, pictures, folder)
