"""Cut the package's Fashion-MNIST subset out of the original IDX files.

The first 1,000 training and 200 test images of every class, in file order, are written to one npz file; the other 8,000
test images to a second one. Requires the original four files, as installed by the Debian package dataset-fashion-mnist.
The same files always give the same bytes.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaling_lab.data.files.idx import read_idx

SOURCE = Path("/usr/share/datasets/fashion-mnist")
TARGET = Path(__file__).resolve().parents[1] / "scaling_lab" / "data" / "sets" / "fashion_mnist.npz"
CLASSES = 10


def select_first(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], per_class: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the first `per_class` images of every class, in file order, and their labels.

    Raises:
        ValueError: If a class has fewer images, or the shapes do not match.
    """
    if images.shape != (len(labels), 28, 28) or labels.ndim != 1:
        raise ValueError(f"images are {images.shape}, labels {labels.shape}; must be (n, 28, 28) and (n,)")
    selected = [np.flatnonzero(labels == label)[:per_class] for label in range(CLASSES)]
    if short := [label for label, indices in enumerate(selected) if len(indices) < per_class]:
        raise ValueError(f"fewer than {per_class} images of class {short}")
    indices = np.sort(np.concatenate(selected))
    return images[indices], labels[indices]


def embed_subset(source: Path, target: Path, train_per_class: int = 1000, test_per_class: int = 200) -> None:
    """Write `target` (npz: train_images, train_labels, test_images, test_labels, all uint8) from the IDX files."""
    arrays = {}
    for part, prefix, per_class in (("train", "train", train_per_class), ("test", "t10k", test_per_class)):
        images = read_idx(source / f"{prefix}-images-idx3-ubyte.gz")
        labels = read_idx(source / f"{prefix}-labels-idx1-ubyte.gz")
        arrays[f"{part}_images"], arrays[f"{part}_labels"] = select_first(images, labels, per_class)
    np.savez_compressed(target, allow_pickle=False, **arrays)


def embed_rest(source: Path, target: Path, test_per_class: int = 200) -> None:
    """Write `target` (npz: test_images, test_labels, uint8): the other test images, in file order."""
    images, labels = (read_idx(source / f"t10k-{kind}.gz") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"))
    is_rest = np.ones(len(labels), dtype=bool)
    for label in range(CLASSES):
        is_rest[np.flatnonzero(labels == label)[:test_per_class]] = False
    np.savez_compressed(target, allow_pickle=False, test_images=images[is_rest], test_labels=labels[is_rest])


def main() -> None:
    """Read the command line and write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=SOURCE, help="folder of the gz files (default: %(default)s)")
    parser.add_argument("--target", type=Path, default=TARGET, help="npz file to write (default: in the package)")
    arguments = parser.parse_args()
    embed_subset(arguments.source, arguments.target)
    rest = arguments.target.with_name(f"{arguments.target.stem}_rest.npz")
    embed_rest(arguments.source, rest)
    for written in (arguments.target, rest):
        print(f"{written.name}: {written.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
