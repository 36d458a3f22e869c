"""Fashion-MNIST, the subset that lies in the package (`scripts/embed_fashion_mnist.py` made it)."""

from functools import cache
from pathlib import Path

import numpy as np

from scaling_lab.data.pictures import Pictures, Split, hold_out


@cache
def fashion_mnist() -> Pictures:
    """Return 9,000 training, 1,000 held-out and 2,000 test pictures: 10 classes, 1 channel, 28 pixels, as published.

    Loaded once a process.
    """
    with np.load(Path(__file__).with_suffix(".npz"), allow_pickle=False) as file:
        train, held_out = hold_out(file["train_images"][:, None], file["train_labels"].astype(np.int64))
        test = Split(file["test_images"][:, None], file["test_labels"].astype(np.int64))
    return Pictures("fashion_mnist", 10, train, held_out, test)
