"""A results folder with a result, a failure, a lease, a run, jobs and a look."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scaling_lab.store.leases import Leases
from scaling_lab.store.looks import record_look
from scaling_lab.store.results import Store


@pytest.fixture
def study(make_study: Callable[..., Any]) -> Any:
    return make_study(families=["resnet_small"], rules=["width"], times=[1, 2], seeds=[0])


@pytest.fixture
def folder(tmp_path: Path, study: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study of two points: one has a result, the other has failed and is leased. There is no Slurm to ask."""
    monkeypatch.setenv("PATH", "")
    store = Store(study.written(tmp_path / "study"))
    first, second = study.results
    (store.points / f"{second}.json").unlink()
    store.add_failure(second, "no memory")
    lease = Leases(store.leases, 60).acquire(second)
    assert lease
    os.close(lease.descriptor)
    run = {"started": "2026-01-01T10:00:00", "seconds": 5.5, "workers": 2, "points": 2}
    (store.folder / "runs.jsonl").write_text(json.dumps(run) + "\n")
    (store.folder / "jobs.jsonl").write_text(json.dumps({"when": "x", "jobs": ["1"], "keys": [[first]]}) + "\n")
    record_look(store, "compare", [first])
    return store.folder
