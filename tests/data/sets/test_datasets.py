"""Every data set in memory that has a yaml in conf/dataset, and how the embedded one was cut."""

import gzip
import hashlib
import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml
from made_up import idx

from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.data.sets.fashion_mnist import fashion_mnist

ROOT = Path(__file__).resolve().parents[3]
FILES = [
    file
    for file in sorted((ROOT / "conf" / "dataset").glob("*.yaml"))
    if ".streaming." not in yaml.safe_load(file.read_text())["_target_"]  # test_streamed.py has those
]
SOURCE = Path("/usr/share/datasets/fashion-mnist")


@pytest.fixture(params=FILES, ids=[file.stem for file in FILES])
def file(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


@pytest.fixture
def settings(file: Path, needed: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """What the yaml says, with the path of a made-up source where one is needed."""
    settings = yaml.safe_load(file.read_text())
    return settings | needed(file.stem, settings)


@pytest.fixture
def stored(settings: dict[str, Any]) -> InMemoryDataset:
    keywords = dict(settings)
    module, _, function = keywords.pop("_target_").rpartition(".")
    made = getattr(importlib.import_module(module), function)(**keywords)
    assert isinstance(made, InMemoryDataset)
    return made


def parts(stored: InMemoryDataset) -> tuple[Split, Split, Split]:
    return stored.train, stored.held_out, stored.test


def test_there_are_data_sets() -> None:
    assert "fashion_mnist" in [file.stem for file in FILES]


def test_name_shapes_and_types(file: Path, stored: InMemoryDataset) -> None:
    assert stored.name == {"image_folder": "image_folder(made_up)"}.get(file.stem, file.stem)
    for split in parts(stored):
        assert split.images.dtype == np.uint8
        assert split.images.shape == (len(split), stored.channels, stored.side, stored.side)
        assert split.labels.dtype == np.int64
        assert (split.images.reshape(len(split), -1).std(axis=1) > 0).all(), "an image of one colour"
    assert len(stored.mean) == len(stored.std) == stored.channels


def test_every_class_is_in_every_part_and_held_out_in_proportion(stored: InMemoryDataset) -> None:
    train, held_out, test = (np.bincount(split.labels, minlength=stored.classes) for split in parts(stored))
    assert (train > 0).all()
    assert (test > 0).all()
    assert np.array_equal(held_out, (train + held_out) // 10)


def test_no_image_is_in_two_parts(stored: InMemoryDataset) -> None:
    digests = [{hashlib.sha256(image.tobytes()).digest() for image in split.images} for split in parts(stored)]
    assert [len(part & other) for part, other in combinations(digests, 2)] == [0, 0, 0]


def test_another_process_gets_the_same_images_and_needs_no_torch(
    settings: dict[str, Any], stored: InMemoryDataset
) -> None:
    module, _, function = settings.pop("_target_").rpartition(".")
    program = f"import sys, {module}; print({module}.{function}(**{settings}).fingerprint, 'torch' in sys.modules)"
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert ran.stdout.split() == [stored.fingerprint, "False"]


def test_fashion_mnist_is_the_published_one() -> None:
    stored = fashion_mnist()
    assert [len(split) for split in parts(stored)] == [9000, 1000, 2000]
    assert (stored.classes, stored.channels, stored.side) == (10, 1, 28)
    assert stored.train.labels[:5].tolist() == [9, 0, 0, 3, 0]
    assert stored.test.labels[:5].tolist() == [9, 2, 1, 1, 6]
    assert [np.bincount(split.labels).tolist() for split in parts(stored)] == [[900] * 10, [100] * 10, [200] * 10]
    # of all 60,000 training images, as commonly quoted
    assert stored.mean[0] == pytest.approx(0.2860, abs=1e-3)
    assert stored.std[0] == pytest.approx(0.3530, abs=1e-3)
    assert stored.fingerprint == "af5846ed8382d2fe"
    assert fashion_mnist() is stored


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("embed_fashion_mnist", ROOT / "scripts" / "embed_fashion_mnist.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def small_source(tmp_path: Path) -> Path:
    generator = np.random.default_rng(0)
    for prefix in ("train", "t10k"):
        labels = generator.permutation(np.repeat(np.arange(10, dtype=np.uint8), 6))
        pixels = generator.integers(0, 256, (60, 28, 28), dtype=np.uint8)
        (tmp_path / f"{prefix}-images-idx3-ubyte.gz").write_bytes(idx(pixels))
        (tmp_path / f"{prefix}-labels-idx1-ubyte.gz").write_bytes(idx(labels))
    return tmp_path


def test_embedding_selects_the_first_of_each_class_in_file_order_and_is_reproducible(
    script: ModuleType, small_source: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        script.embed_subset(small_source, tmp_path / f"{name}.npz", train_per_class=4, test_per_class=2)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    for part, prefix, per_class in (("train", "train", 4), ("test", "t10k", 2)):
        images = script.read_idx(small_source / f"{prefix}-images-idx3-ubyte.gz")
        labels = script.read_idx(small_source / f"{prefix}-labels-idx1-ubyte.gz")
        expected = [place for place in range(60) if (labels[:place] == labels[place]).sum() < per_class]
        with np.load(tmp_path / "one.npz", allow_pickle=False) as file:
            assert np.array_equal(file[f"{part}_images"], images[expected])
            assert np.array_equal(file[f"{part}_labels"], labels[expected])


@pytest.mark.parametrize("content", [b"", b"\0\0\x0d\1\0\0\0\1\0", b"\0\0\x08\1\0\0\0\2\0", b"\0\0\x08\3\0\0\0\2"])
def test_embedding_refuses_what_is_no_whole_idx_file(script: ModuleType, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.gz").write_bytes(gzip.compress(content))
    with pytest.raises(ValueError, match=r"x\.gz"):
        script.read_idx(tmp_path / "x.gz")


def test_embedding_refuses_too_few_images(script: ModuleType, small_source: Path) -> None:
    with pytest.raises(ValueError, match="fewer than 7"):
        script.embed_subset(small_source, small_source / "x.npz", train_per_class=7, test_per_class=1)


@pytest.mark.skipif(not SOURCE.is_dir(), reason="the Debian package dataset-fashion-mnist is not installed")
def test_the_embedded_file_is_what_the_script_makes(script: ModuleType) -> None:
    with np.load(script.TARGET, allow_pickle=False) as file:
        for part, prefix, per_class in (("train", "train", 1000), ("test", "t10k", 200)):
            images = script.read_idx(SOURCE / f"{prefix}-images-idx3-ubyte.gz")
            labels = script.read_idx(SOURCE / f"{prefix}-labels-idx1-ubyte.gz")
            selected = script.select_first(images, labels, per_class)
            assert np.array_equal(file[f"{part}_images"], selected[0])
            assert np.array_equal(file[f"{part}_labels"], selected[1])
