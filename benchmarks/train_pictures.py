"""The images of `benchmarks/training.py`: some of a tar of class folders, or noise.

They are written to a folder, as JPEG files for timm and as arrays for the lab. Images in another format, such as the
WebP files of a lossless CIFAR-10, become JPEG first: timm's reader takes no WebP, and published speeds decode JPEG.
"""

import io
import json
import tarfile
import zlib
from functools import cache
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from scaling_lab.data.dataset import InMemoryDataset, Split, hold_out
from scaling_lab.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
USUAL = ((ROOT / "offline-pack", "cifar10*.tar.gz"), (ROOT.parent / "shared" / "data", "cifar10.tar.gz"))
QUALITY = 75  # of JPEG, with halved color
TRAIN, ARRAYS, MOMENTS = "train", "pictures.npz", "moments.json"
A_CLASS, CLASSES, SIDE = 600, 10, 32


def usual() -> Path | None:
    """Return the path of CIFAR-10, complete or in part, or None if it is not there."""
    return next((path for folder, name in USUAL for path in sorted(folder.glob(name))), None)


def prepare(source: Path | None, folder: Path) -> str:
    """Write the first 600 training images of each class of a tar to a folder and return a description.

    Members are [...]/train/CLASS/FILE, pictures of 32 px. Raises UserError for a tar that is not like that.
    """
    try:
        samples = _read(source) if source else _noise()
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise UserError(f"pictures {source} cannot be read: {str(error).splitlines()[0]}") from None
    classes = sorted({label for label, _ in samples})
    few = min((sum(label == class_name for label, _ in samples) for class_name in classes), default=0)
    if len(classes) != CLASSES or few < A_CLASS:
        raise UserError(
            f"pictures {source}: {len(classes)} classes under train/, the smallest of {few} pictures; "
            f"{CLASSES} of at least {A_CLASS} are needed"
        )
    images, labels, encoded = [], [], 0
    for place, (label, content) in enumerate(samples):
        target = folder / TRAIN / label
        target.mkdir(parents=True, exist_ok=True)
        jpeg = to_jpeg(content)
        encoded += jpeg is not content
        (target / f"{place:05d}.jpg").write_bytes(jpeg)
        with Image.open(io.BytesIO(jpeg)) as image:
            if image.size != (SIDE, SIDE):
                raise UserError(f"pictures {source}: {image.width} x {image.height} px; {SIDE} x {SIDE} are needed")
            images.append(np.asarray(image.convert("RGB")).transpose(2, 0, 1))
        labels.append(classes.index(label))
    np.savez(folder / ARRAYS, images=np.stack(images), labels=np.array(labels, dtype=np.int64))
    made = pictures(folder)
    (folder / MOMENTS).write_text(json.dumps([made.mean, made.std]))
    how = f", {encoded:,} of them encoded as JPEG of quality {QUALITY}" * bool(encoded)
    return f"{len(samples):,} pictures of {source.name if source else 'noise'}{how}"


def to_jpeg(content: bytes) -> bytes:
    """Return an image file as JPEG; one that is JPEG already is returned as it is."""
    with Image.open(io.BytesIO(content)) as image:
        if image.format == "JPEG":
            return content
        file = io.BytesIO()
        image.convert("RGB").save(file, "JPEG", quality=QUALITY, subsampling="4:2:0")
    return file.getvalue()


@cache
def pictures(folder: Path) -> InMemoryDataset:
    """Return the prepared images in memory, with a tenth held out; some of those are also the test part."""
    with np.load(folder / ARRAYS, allow_pickle=False) as file:
        train, held_out = hold_out(file["images"], file["labels"])
    test = Split(held_out.images[::2], held_out.labels[::2])
    return InMemoryDataset("benchmark", CLASSES, train, held_out, test)


def moments(folder: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the mean and standard deviation of the prepared images, one number per channel."""
    mean, std = json.loads((folder / MOMENTS).read_text())
    return tuple(mean), tuple(std)


def _read(source: Path) -> list[tuple[str, bytes]]:
    """Yield the class and file of each image that is used."""
    samples: list[tuple[str, bytes]] = []
    taken: dict[str, int] = {}
    with tarfile.open(source) as tar:
        for member in tar:
            parts = PurePosixPath(member.name).parts
            if not member.isfile() or len(parts) < 3 or parts[-3] != TRAIN:
                continue
            if taken.setdefault(parts[-2], 0) < A_CLASS and (file := tar.extractfile(member)) is not None:
                taken[parts[-2]] += 1
                samples.append((parts[-2], file.read()))
    return samples


def _noise() -> list[tuple[str, bytes]]:
    generator, samples = np.random.default_rng(0), []
    for place in range(A_CLASS * CLASSES):
        file = io.BytesIO()
        Image.fromarray(generator.integers(256, size=(SIDE, SIDE, 3), dtype=np.uint8)).save(file, "JPEG")
        samples.append((str(place % CLASSES), file.getvalue()))
    return samples
