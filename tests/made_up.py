"""Small synthetic sources of datasets: tars of class folders, CIFAR's binary archives, IDX files."""

import gzip
import io
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def write_tar(path: Path, files: Mapping[str, bytes]) -> Path:
    """Write a tar of these files in this order, gzipped if its name says so."""
    with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def encoded(pixels: NDArray[np.uint8], kind: str = "PNG") -> bytes:
    """Return the encoded bytes of an image; `pixels` is (h, w) or (h, w, 3)."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def noise(*shape: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def idx(array: NDArray[np.uint8]) -> bytes:
    """Return the gzipped bytes of an IDX file."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(header + array.tobytes())


def records(classes: int, per_class: int, before: int, seed: int) -> bytes:
    """Return a file of CIFAR's binary form. The last byte before the pixels is the label: 0, 1, 2 ... repeated."""
    rows = noise(classes * per_class, before + 3072, seed=seed)
    rows[:, before - 1] = np.tile(np.arange(classes), per_class)
    return rows.tobytes()


def class_folders(folder: Path) -> Path:
    images = {
        f"made_up/{part}/{name}/{number:02}.png": encoded(noise(8, 8, 3, seed=1000 * place + number))
        for place, (part, name, count) in enumerate(
            (part, name, count) for part, count in (("test", 4), ("train", 20)) for name in ("cat", "dog", "eel")
        )
        for number in range(count)
    }
    return write_tar(folder / "made_up.tar", images)


def cifar10_archive(folder: Path) -> Path:
    names = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    files = {name: records(10, 2, 1, seed) for seed, name in enumerate(names)}
    files["batches.meta.txt"] = b"\n".join(f"class {number}".encode() for number in range(10)) + b"\n\n"
    return write_tar(
        folder / "cifar-10-binary.tar.gz", {f"cifar-10-batches-bin/{name}": files[name] for name in sorted(files)}
    )


def cifar100_archive(folder: Path) -> Path:
    files = {"train.bin": records(100, 10, 2, 0), "test.bin": records(100, 1, 2, 1)}
    files["fine_label_names.txt"] = b"\n".join(f"class {number}".encode() for number in range(100)) + b"\n"
    return write_tar(folder / "cifar-100-binary.tar.gz", {f"cifar-100-binary/{name}": files[name] for name in files})


def idx_files(folder: Path) -> Path:
    for place, (prefix, per_class) in enumerate({"train": 20, "t10k": 3}.items()):
        labels = np.random.default_rng(place).permutation(np.repeat(np.arange(10, dtype=np.uint8), per_class))
        (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(idx(noise(10 * per_class, 28, 28, seed=place)))
        (folder / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(idx(labels))
    return folder


SOURCES: dict[str, Callable[[Path], Path]] = {
    "cifar10": cifar10_archive,
    "cifar100": cifar100_archive,
    "fashion_mnist_full": idx_files,
}
