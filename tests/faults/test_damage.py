"""Results cut anywhere and checkpoints with any bit flipped: named, and nothing else lost."""

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from scaling_lab.store.results import Store
from scaling_lab.training.checkpoints import Checkpoints

FLIPS = 400


def test_a_result_that_is_cut(make_study: Callable[..., Any], tmp_path: Path) -> None:
    study = make_study(families=["resnet_small"], rules=["width"], times=[1, 2], seeds=[0])
    store = Store(study.written(tmp_path))
    first, second = study.results
    path = store.points / f"{first}.json"
    content = path.read_bytes()
    last = content.rstrip()
    for length in [*range(0, len(last), 3), len(last) - 1]:
        path.write_bytes(content[:length])
        stored = store.read_results()
        assert (set(stored.broken), set(stored.results)) == ({path.name}, {second}), length
        assert store.read_result(first) is None
    store.add_result(study.results[first])
    assert store.read_results().results == study.results


def test_a_checkpoint_with_any_bit_flipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The one before it is used."""
    checkpoints = Checkpoints(tmp_path, "beef", 0)
    for step in (1, 2):
        checkpoints.write(step, {"weights": torch.arange(step, step + 50.0)})
    path, luck = tmp_path / "beef.000000002.checkpoint", random.Random(0)  # noqa: S311
    content = path.read_bytes()
    for place in [*range(70), *(luck.randrange(len(content)) for _ in range(FLIPS))]:
        raw = bytearray(content)
        raw[place] ^= 1 << luck.randrange(8)
        path.write_bytes(raw)
        [(used, state)] = checkpoints.newest_first()
        assert used.name == "beef.000000001.checkpoint"
        assert torch.equal(state["weights"], torch.arange(1, 51.0))
        assert f"ignoring checkpoint {path}" in caplog.text
        caplog.clear()


def test_a_checkpoint_whose_name_has_another_step(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither it nor a pipe is read; the one before it is used."""
    checkpoints = Checkpoints(tmp_path, "beef", 0)
    for step in (1, 2):
        checkpoints.write(step, {"progress": {"steps": step}})
    (tmp_path / "beef.000000002.checkpoint").rename(tmp_path / "beef.000000007.checkpoint")
    os.mkfifo(tmp_path / "beef.000000009.checkpoint")
    [(used, _)] = checkpoints.newest_first()
    assert used.name == "beef.000000001.checkpoint"
    assert "it is of step 2; its name is that of step 7" in caplog.text
    assert "000000009.checkpoint: not a regular file" in caplog.text
