"""Cut the package's Fashion-MNIST subset out of the original IDX files.

Takes the first 1,000 training and 200 test pictures of every class, in file order, and writes them as one npz file; the
other 8,000 test pictures go to a second one.
Needs the original four files, as the Debian package dataset-fashion-mnist installs them. The same files give the same
bytes again.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaling_lab.data.files.idx import read_idx

SOURCE = Path("/usr/share/datasets/fashion-mnist")
TARGET = Path(__file__).resolve().parents[1] / "scaling_lab" / "data" / "sets" / "fashion_mnist.npz"
CLASSES = 10


def first_of_each_class(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], each: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Keep the first `each` pictures of every class, in their order in the file; ValueError if a class has fewer."""
    if images.shape != (len(labels), 28, 28) or labels.ndim != 1:
        raise ValueError(f"pictures {images.shape} and labels {labels.shape} are not n pictures of 28 x 28 pixels")
    places = [np.flatnonzero(labels == label)[:each] for label in range(CLASSES)]
    if short := [label for label, found in enumerate(places) if len(found) < each]:
        raise ValueError(f"fewer than {each} pictures of class {short}")
    kept = np.sort(np.concatenate(places))
    return images[kept], labels[kept]


def embed(source: Path, target: Path, train_each: int = 1000, test_each: int = 200) -> None:
    """Write `target` (npz: train_images, train_labels, test_images, test_labels, all uint8) from the IDX files."""
    arrays = {}
    for part, prefix, each in (("train", "train", train_each), ("test", "t10k", test_each)):
        images = read_idx(source / f"{prefix}-images-idx3-ubyte.gz")
        labels = read_idx(source / f"{prefix}-labels-idx1-ubyte.gz")
        arrays[f"{part}_images"], arrays[f"{part}_labels"] = first_of_each_class(images, labels, each)
    np.savez_compressed(target, allow_pickle=False, **arrays)


def embed_rest(source: Path, target: Path, test_each: int = 200) -> None:
    """Write `target` (npz: test_images, test_labels, uint8): the test pictures that `embed` leaves out, in order."""
    images, labels = (read_idx(source / f"t10k-{kind}.gz") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"))
    later = np.ones(len(labels), dtype=bool)
    for label in range(CLASSES):
        later[np.flatnonzero(labels == label)[:test_each]] = False
    np.savez_compressed(target, allow_pickle=False, test_images=images[later], test_labels=labels[later])


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, default=SOURCE, help="folder of the gz files (default: %(default)s)")
    parser.add_argument("--target", type=Path, default=TARGET, help="npz file to write (default: in the package)")
    arguments = parser.parse_args()
    embed(arguments.source, arguments.target)
    rest = arguments.target.with_name(f"{arguments.target.stem}_rest.npz")
    embed_rest(arguments.source, rest)
    for written in (arguments.target, rest):
        print(f"{written.name}: {written.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
