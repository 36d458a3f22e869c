"""Sets of images and settings that cannot be used are named."""

from pathlib import Path
from typing import Any

import pytest

from scaling_lab.data.streaming.dataset import streamed_dataset
from scaling_lab.data.streaming.minival import select_minival
from scaling_lab.errors import UserError
from tests.data.streaming.streamed_sets import MOMENTS, folder, opened, shards


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"side": 0}, "side is 0; .* 1"),
        ({"side": 22.4}, "side is 22.4"),
        ({"readers": -1}, "readers is -1; .* 0"),
        ({"readers": True}, "readers is True"),
        ({"corrupt": "ignore"}, "corrupt is 'ignore'; .* fatal, skip"),
        ({"mean": [0.5]}, r"mean is \(0.5,\); .* 3 numbers between 0 and 1"),
        ({"std": [0.2, 0.2, 0]}, "std is "),
        ({"std": 0.2}, "dataset.std is 0.2; .* 3 numbers between 0 and 1"),
        ({"classes": 1000}, "dataset.classes is 1000; .*set has 3 classes"),
        ({"held_out": "minivall"}, "unknown dataset.held_out 'minivall'; did you mean minival"),
        ({"held_out": "val"}, "held_out is val, .* test part of .*set"),
    ],
)
def test_values_that_cannot_be_used_are_named(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    path = folder(tmp_path / "set", "train", "val")
    with pytest.raises((ValueError, UserError), match=message):
        opened(path, **settings)


@pytest.mark.parametrize("path", [None, "", 7])
def test_no_path_is_a_mistake(path: Any) -> None:
    with pytest.raises(UserError, match=r"no path; .*dataset\.path="):
        streamed_dataset(path, 32, **MOMENTS)


def test_a_set_without_its_parts_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no file or folder .*nowhere"):
        opened(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"alone has no part val; .* train, and val, test or both"):
        opened(folder(tmp_path / "alone", "train"))
    with pytest.raises(UserError, match="bare/train has no part train"):
        opened(folder(tmp_path / "bare", "train") / "train")
    path = folder(tmp_path / "more", "train", "val")
    (path / "val" / "cat").rename(path / "val" / "dog")
    with pytest.raises(UserError, match=r"no images of 'cat' and .* no images of 'dog'"):
        opened(path)


def test_a_class_that_the_minival_empties_is_named(tmp_path: Path) -> None:
    path = folder(tmp_path / "set", "train", "val")
    (place,) = select_minival(6).tolist()
    for label in ("ant", "bee"):
        for number in range(4):
            (path / "train" / label / f"{label}_{number}.png").unlink()
    for number in range(1, 5):
        (path / "train" / "cat" / f"cat_{number}.png").unlink()
    for letter in "abc":  # 6 classes of one image
        for part in ("train", "val"):
            (path / part / f"d{letter}").mkdir()
            (path / part / f"d{letter}" / "x.png").write_bytes(b"x")
    bare = ["ant", "bee", "cat", "da", "db", "dc"][place]
    with pytest.raises(UserError, match=f"all training images of class '{bare}' are held out"):
        opened(path)


def test_a_compressed_tar_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "set.tar.gz").write_bytes(b"not even gzip")
    with pytest.raises(UserError, match=r"set\.tar\.gz is compressed and can only be read from its start; unpack it"):
        opened(tmp_path / "set.tar.gz")


def test_a_shard_cut_in_the_middle_is_named(tmp_path: Path) -> None:
    path = shards(tmp_path, "train", "val")
    shard = path / "train-0001.tar"
    shard.write_bytes(shard.read_bytes()[: shard.stat().st_size // 2 + 100])
    with pytest.raises(UserError, match=r"train-0001\.tar (is damaged or )?ends early"):
        opened(path)
