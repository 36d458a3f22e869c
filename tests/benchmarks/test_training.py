import io
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import train_lab
import train_limit
import train_networks
import train_pictures
import train_start
import train_tables
from PIL import Image
from train_processes import Line
from train_worker import Job

from scaling_lab.errors import UserError
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.training.state import Training

FEW = 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare ten noise images per class."""
    place = tmp_path_factory.mktemp("pictures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_pictures, "A_CLASS", FEW)
        train_pictures.prepare(None, place)
    return place


def tar(path: Path, classes: int = 10, count: int = FEW, side: int = 32, part: str = "train") -> Path:
    """Write a tar of images with all pixels 10 x class + index; some of another part come first."""
    with tarfile.open(path, "w:gz") as file:
        for where in ("test", part):
            for label in range(classes):
                for place in range(count):
                    content = io.BytesIO()
                    Image.new("L", (side, side), 10 * label + place).save(content, "PNG")
                    member = tarfile.TarInfo(f"set/{where}/{label}/{place}.png")
                    member.size = content.tell()
                    content.seek(0)
                    file.addfile(member, content)
    return path


def test_the_lab_and_timm_get_the_same_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_pictures, "A_CLASS", FEW)
    prepared = train_pictures.prepare(tar(tmp_path / "set.tar.gz", count=12), tmp_path)
    assert prepared == "100 pictures of set.tar.gz, 100 of them encoded as JPEG of quality 75"
    made = train_pictures.pictures(tmp_path)
    labels = np.concatenate([made.train.labels, made.held_out.labels])
    images = np.concatenate([made.train.images, made.held_out.images])
    assert images.shape == (100, 3, 32, 32)
    expected = 10 * np.repeat(np.arange(10), 10) + np.tile(np.arange(10), 10)
    levels, places = images.mean(axis=(1, 2, 3)), np.argsort(labels, kind="stable")
    assert np.abs(np.sort(levels[places]) - expected).max() <= 2  # JPEG stores the mean of a block in steps of 2
    assert (np.abs(levels - 10 * labels - 4.5) <= 6.5).all()
    files = [np.asarray(Image.open(path)).transpose(2, 0, 1) for path in (tmp_path / "train").glob("*/*.jpg")]
    assert sorted(image.tobytes() for image in files) == sorted(image.tobytes() for image in images)
    mean, std = train_pictures.moments(tmp_path)
    assert mean == pytest.approx(made.train.images.mean((0, 2, 3)) / 255)
    assert std == pytest.approx(made.train.images.std((0, 2, 3)) / 255)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ({"classes": 3}, "3 classes under train/, the smallest of 10 pictures; 10 of at least 10 are needed"),
        ({"count": 4}, "10 classes under train/, the smallest of 4 pictures; 10 of at least 10 are needed"),
        ({"part": "other"}, "0 classes under train/, the smallest of 0 pictures"),
        ({"side": 8}, "8 x 8 px; 32 x 32 are needed"),
    ],
)
def test_pictures_that_do_not_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: dict[str, Any], message: str
) -> None:
    monkeypatch.setattr(train_pictures, "A_CLASS", FEW)
    with pytest.raises(UserError, match=message):
        train_pictures.prepare(tar(tmp_path / "set.tar.gz", **made), tmp_path)


def test_a_tar_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "set.tar").write_bytes(b"no tar")
    with pytest.raises(UserError, match=r"set\.tar cannot be read: [^\n]*$"):
        train_pictures.prepare(tmp_path / "set.tar", tmp_path)


def test_the_narrow_mobilenet_has_the_parameters_of_timms() -> None:
    # mobilenetv2_035 of timm 1.0.31 with 10 classes
    assert network_cost(train_networks.network(train_networks.NARROW)).params == 408_938


@pytest.mark.slow
@pytest.mark.parametrize("contender", [train_lab, train_limit])
def test_contenders_take_the_requested_number_of_steps(
    folder: Path, monkeypatch: pytest.MonkeyPatch, contender: Any
) -> None:
    taken = []
    monkeypatch.setattr(torch.optim.Optimizer, "zero_grad", lambda _: taken.append(1))
    steps = contender.prepare(Job(str(folder), "cpu", 32, 1), "efficientnet_b0_small")
    taken.clear()
    steps(1)
    steps(4)  # more than are left of an epoch
    assert len(taken) == 5


class Fake:
    """A pool with made-up rates."""

    def __init__(self, *rates: float | None) -> None:
        self.rates, self.prepared, self.failed = list(rates), [0], ""

    def prepare(self, _: str, count: int) -> None:
        self.prepared.append(count)

    def rate(self, _: float, count: int) -> float | None:
        rate = self.rates.pop(0)
        self.failed = "it died" if rate is None else ""
        return None if rate is None else rate * count


def measure(*lines: Any) -> str:
    train_tables.measured("resnet18_small", lines, 3, 1.0)
    return train_tables.table("resnet18_small", lines, 2.5)


def test_ratios_are_those_of_the_fastest_lines_round_by_round() -> None:
    both = Fake(20, 10, 40, 20, 60, 30)  # alternately of one process and of two
    lines = [Line("lab", "lab 1", both, 1), Line("lab", "lab 2", both, 2)]  # type: ignore[arg-type]
    lines += [Line("limit", "slow", Fake(1, 1, 1), 1), Line("limit", "fast", Fake(10, 50, 60), 1)]  # type: ignore[arg-type]
    lines += [Line("timm", "timm", Fake(10, 10, 10), 1), Line("extra", "other", Fake(9e9, 9e9, 9e9), 1)]  # type: ignore[arg-type]
    text = measure(*lines)
    assert both.prepared == [0, 2]
    assert "lab : limit 1.000" in text
    assert "lab : timm 4.00 (target: 2.5)" in text


def test_a_contender_that_dies_says_why_and_stops_no_other() -> None:
    lab, dead = Line("lab", "lab", Fake(4, 4, 4), 1), Line("timm", "timm", Fake(4, None, None), 1)  # type: ignore[arg-type]
    text = measure(lab, Line("limit", "limit", Fake(5, 5, 5), 1), dead)  # type: ignore[arg-type]
    assert "not measured: it died" in text
    assert "lab : limit 0.800" in text
    assert "lab : timm unknown" in text


def test_a_point_is_followed_to_its_first_step_and_no_further(folder: Path, tmp_path: Path) -> None:
    pictures = train_pictures.pictures(folder)
    step = Training.step
    marks = train_start.to_first_step(
        "cpu", train_start.point("efficientnet_b0_small", pictures, 8), pictures, tmp_path
    )
    assert len(marks) == len(train_start.PARTS)
    assert marks == sorted(marks)
    assert not list(tmp_path.rglob("*.json"))
    assert Training.step is step
