"""The training pictures that EfficientNet's authors held out ("minival"), as far as that can be known."""

from random import Random

import numpy as np
from numpy.typing import NDArray

SEED = 12345
SHARDS, HELD_OUT_SHARDS = 1024, 20


def select_minival(count: int) -> NDArray[np.int64]:
    """The places held out among `count` training pictures in the order of class and file name; ascending.

    The official code holds out train-00000 to train-00019 of 1,024 shards, 25,022 pictures (tensorflow/tpu,
    models/official/efficientnet: imagenet_input.py, README). Shards of that size are what TensorFlow's
    build_imagenet_data.py writes: it lists the files class by class, shuffles once with random.seed(12345) under
    Python 2 and cuts the list into equal parts, rounded down. The first 20 are then 25,022 of 1,281,167 pictures for
    any number of its threads; the last 20 would be 25,023, and the shards of tools/datasets/imagenet_to_gcs.py 25,040.

    What cannot be known: the order in which their file system listed the files of a class (here: by name), and whether
    their shards were made by that script as published. Other sets have the same share, rounded down, at least one.
    ValueError if `count` is under 2.
    """
    if count < 2:
        raise ValueError(f"{count} training pictures; at least 2 are needed to hold one out")
    order, draw = list(range(count)), Random(SEED).random  # noqa: S311
    for last in range(count - 1, 0, -1):  # Python 2's random.shuffle, which Python 3 does not have
        other = int(draw() * (last + 1))
        order[last], order[other] = order[other], order[last]
    held = max(1, count * HELD_OUT_SHARDS // SHARDS)
    return np.sort(np.array(order[:held], dtype=np.int64))
