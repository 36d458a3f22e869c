"""CIFAR's binary archives and Fashion-MNIST's files, against what was written into them."""

import gzip
import tarfile
from pathlib import Path

import numpy as np
import pytest
from made_up import cifar10_archive, cifar100_archive, idx, idx_files, noise, records, write_tar

from scaling_lab.data.files.idx import read_idx
from scaling_lab.data.sets import cifar as module
from scaling_lab.data.sets.cifar import CIFAR10, CIFAR100, cifar10, cifar100
from scaling_lab.data.sets.fashion_mnist import fashion_mnist_10k
from scaling_lab.data.sets.fashion_mnist_full import fashion_mnist_full
from scaling_lab.errors import UserError

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


def inside(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        files = {member.name: tar.extractfile(member) for member in tar.getmembers()}
        return {name.rpartition("/")[2]: file.read() for name, file in files.items() if file}


@pytest.mark.parametrize(
    ("make", "read", "length", "train", "test"),
    [
        (cifar10_archive, cifar10, 3073, [f"data_batch_{number}.bin" for number in (1, 2, 3, 4, 5)], "test_batch.bin"),
        (cifar100_archive, cifar100, 3074, ["train.bin"], "test.bin"),
    ],
    ids=["cifar10", "cifar100"],
)
def test_records_are_a_label_and_three_planes(
    make: object, read: object, length: int, train: list[str], test: str, tmp_path: Path
) -> None:
    archive = make(tmp_path)  # type: ignore[operator]
    files = inside(archive)
    dataset = read(str(archive))  # type: ignore[operator]
    trained = b"".join(files[name] for name in train)
    rows = [trained[start : start + length] for start in range(0, len(trained), length)]
    by_content = {row[length - 3072 :]: (place, row[length - 3073]) for place, row in enumerate(rows)}
    for split, held_out in ((dataset.train, False), (dataset.held_out, True)):
        origins = [by_content[image.tobytes()] for image in split.images]
        assert [label for _, label in origins] == split.labels.tolist()
        assert [place for place, _ in origins] == sorted(place for place, _ in origins)
        assert all((place // dataset.classes == 9) is held_out for place, _ in origins)  # ten of each class, by turns
    first = files[test][:length]
    assert dataset.test.images[0, 2, 1, 5] == first[length - 3072 + 2 * 1024 + 32 + 5]
    assert dataset.test.labels[0] == first[length - 3073]
    assert len(dataset.train) + len(dataset.held_out) == len(rows)


def test_an_unpacked_archive_is_the_same(tmp_path: Path) -> None:
    archive = cifar10_archive(tmp_path)
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "out", filter="data")
    prints = {cifar10(str(path)).fingerprint for path in (archive, tmp_path, tmp_path / "out")}
    prints.add(cifar10(str(tmp_path / "out" / "cifar-10-batches-bin")).fingerprint)
    assert len(prints) == 1


def test_an_archive_in_the_cache_needs_no_path(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no file .*downloads/cifar-10-binary\.tar\.gz; .*dataset\.path="):
        cifar10(cache=str(tmp_path))
    (tmp_path / "downloads").mkdir()
    cifar10_archive(tmp_path / "downloads")
    assert cifar10(cache=str(tmp_path)).classes == 10


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("data_batch_3.bin", None, "has no data_batch_3.bin"),
        (
            "data_batch_3.bin",
            records(10, 2, 1, 0)[:-1],
            "data_batch_3.bin ends early: 61,459 bytes",
        ),
        ("test_batch.bin", b"", "test_batch.bin ends early"),
        ("test_batch.bin", records(11, 2, 1, 0), "test_batch.bin has a label 10; must be < 10"),
        ("batches.meta.txt", None, "has no batches.meta.txt"),
    ],
)
def test_an_archive_that_lacks_something_is_reported(
    name: str, content: bytes | None, message: str, tmp_path: Path
) -> None:
    files = inside(cifar10_archive(tmp_path)) | ({name: content} if content is not None else {})
    if content is None:
        del files[name]
    with pytest.raises(UserError) as refused:
        cifar10(str(write_tar(tmp_path / "other.tar.gz", files)))
    assert message in str(refused.value)
    assert "other.tar.gz" in str(refused.value)


@pytest.mark.parametrize("archive", [CIFAR10, CIFAR100])
def test_a_download_goes_to_the_cache_and_must_be_requested(
    archive: module.CifarArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = []

    def fetch(place: Path, url: str, sha256: str, size: int, download: bool) -> Path:
        requests.append((place, url, sha256, size, download))
        place.parent.mkdir()
        return (cifar10_archive if archive is CIFAR10 else cifar100_archive)(place.parent)

    monkeypatch.setattr(module, "ensure_file", fetch)
    (cifar10 if archive is CIFAR10 else cifar100)(cache=str(tmp_path), download=True)
    place = tmp_path / "downloads" / archive.url.rpartition("/")[2]
    assert requests == [(place, archive.url, archive.sha256, archive.size, True)]


@pytest.mark.parametrize("unpacked", [False, True])
def test_fashion_mnist_is_read_from_four_files_gzipped_or_not(unpacked: bool, tmp_path: Path) -> None:
    folder = idx_files(tmp_path)
    arrays = {}
    for file in list(folder.iterdir()):
        content = gzip.decompress(file.read_bytes())
        shape = (-1, 28, 28) if "images" in file.name else (-1,)
        arrays[file.name[:-3]] = np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)
        if unpacked:
            file.with_suffix("").write_bytes(content)
            file.unlink()
    dataset = fashion_mnist_full(str(folder))
    images, labels = arrays["train-images-idx3-ubyte"], arrays["train-labels-idx1-ubyte"]
    held_out = [place for place in range(200) if (labels[place + 1 :] == labels[place]).sum() < 2]
    assert np.array_equal(dataset.held_out.images[:, 0], images[held_out])
    assert dataset.held_out.labels.tolist() == labels[held_out].tolist()
    assert np.array_equal(dataset.train.images[:, 0], np.delete(images, held_out, axis=0))
    assert np.array_equal(dataset.test.images[:, 0], arrays["t10k-images-idx3-ubyte"])
    assert dataset.test.labels.tolist() == arrays["t10k-labels-idx1-ubyte"].tolist()


def test_a_fashion_mnist_that_lacks_something_is_reported(tmp_path: Path) -> None:
    folder = idx_files(tmp_path)
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(idx(noise(29)))
    with pytest.raises(ValueError, match=r"\(30, 28, 28\) and .* \(29,\)"):
        fashion_mnist_full(str(folder))
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(UserError, match=r"no file .*t10k-labels-idx1-ubyte\.gz; .*dataset\.path="):
        fashion_mnist_full(str(folder))


@pytest.mark.parametrize("array", [noise(7), noise(3, 4, 5), noise(2, 1)])
def test_an_idx_file_is_its_array(array: np.ndarray, tmp_path: Path) -> None:  # type: ignore[type-arg]
    (tmp_path / "x.gz").write_bytes(idx(array))
    assert np.array_equal(read_idx(tmp_path / "x.gz"), array)
    (tmp_path / "y").write_bytes(gzip.decompress(idx(array)))
    assert np.array_equal(read_idx(tmp_path / "y"), array)


def test_an_idx_file_that_ends_early_is_reported(tmp_path: Path) -> None:
    content = idx(noise(3, 4, 5))
    decompressed = gzip.decompress(content)
    for length in range(len(decompressed)):
        (tmp_path / "y").write_bytes(decompressed[:length])
        with pytest.raises(ValueError, match=r"y (ends early|is not an IDX file)"):
            read_idx(tmp_path / "y")
    (tmp_path / "y").write_bytes(decompressed + b"x")
    with pytest.raises(ValueError, match=r"y is damaged: .*\(3, 4, 5\), but 61 bytes"):
        read_idx(tmp_path / "y")
    for cut in (content[:-9], content[:20], b"", content[:30] + b"\xff" * 9 + content[39:]):
        (tmp_path / "x.gz").write_bytes(cut)
        with pytest.raises(ValueError, match=r"x\.gz (is damaged|ends early|is not an IDX file)"):
            read_idx(tmp_path / "x.gz")


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="the Debian package dataset-fashion-mnist is not installed")
def test_the_embedded_test_images_are_the_published_ones() -> None:
    images, labels = (read_idx(DEBIAN / f"t10k-{kind}-ubyte.gz") for kind in ("images-idx3", "labels-idx1"))
    published = {image.tobytes(): int(label) for image, label in zip(images, labels, strict=True)}
    embedded = fashion_mnist_10k().test
    assert published == {
        image.tobytes(): int(label) for image, label in zip(embedded.images, embedded.labels, strict=True)
    }


def test_a_tar_of_class_folders_is_referred_to_image_folder(tmp_path: Path) -> None:
    source = write_tar(tmp_path / "cifar10.tar.gz", {"cifar10/train/cat/1.webp": b"", "cifar10/test/cat/2.webp": b""})
    with pytest.raises(UserError, match=r"data_batch_1\.bin.*dataset=image_folder dataset\.path=\S*cifar10\.tar\.gz"):
        cifar10(str(source))
