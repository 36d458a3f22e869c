"""Selection of the training images that EfficientNet's authors held out ("minival"), as far as it can be known."""

from random import Random

import numpy as np
from numpy.typing import NDArray

SEED = 12345
SHARDS, HELD_OUT_SHARDS = 1024, 20


def select_minival(count: int) -> NDArray[np.int64]:
    """Return the indices held out of `count` training images sorted by class and file name; ascending.

    The official code holds out train-00000 to train-00019 of 1,024 shards, 25,022 images (tensorflow/tpu,
    models/official/efficientnet: imagenet_input.py, README). Shards of that size are written by TensorFlow's
    build_imagenet_data.py: it lists the files class by class, shuffles once with random.seed(12345) under Python 2 and
    cuts the list into equal parts, rounded down. The first 20 shards then have 25,022 of 1,281,167 images for any
    number of its threads; the last 20 would have 25,023, and the shards of tools/datasets/imagenet_to_gcs.py 25,040.

    Unknown are the order in which their file system listed the files of a class (here: by name), and whether their
    shards were made by that script as published. Other datasets hold out the same share, rounded down, at least 1.

    Raises:
        ValueError: If `count` is under 2.
    """
    if count < 2:
        raise ValueError(f"{count} training images; at least 2 are needed to hold one out")
    order, draw = list(range(count)), Random(SEED).random  # noqa: S311
    for last in range(count - 1, 0, -1):  # random.shuffle of Python 2, which Python 3 does not have
        other = int(draw() * (last + 1))
        order[last], order[other] = order[other], order[last]
    size = max(1, count * HELD_OUT_SHARDS // SHARDS)
    return np.sort(np.array(order[:size], dtype=np.int64))
