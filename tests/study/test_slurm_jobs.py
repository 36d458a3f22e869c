"""What the status says of Slurm jobs, with a squeue of its own."""

from pathlib import Path

import pytest

from scaling_lab.study.slurm_jobs import describe_jobs

LISTED = "12_0 RUNNING\n12_1 CANCELLED\n12_2 OUT_OF_MEMORY\n13 PENDING\n"


def test_states_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "squeue"
    command.write_text(f"#!/bin/sh\nprintf '{LISTED}'\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    described = describe_jobs(["12_0", "12_1", "12_2", "13", "14"])
    assert {job: "submits it again" in text for job, text in described.items()} == {
        "12_0": False,
        "12_1": True,
        "12_2": True,
        "13": False,
        "14": True,
    }
    assert "(running)" in described["12_0"]
    assert "(cancelled)" in described["12_1"]
    assert "(out of memory)" in described["12_2"]
    assert "no longer known" in described["14"]
    assert all(job in text for job, text in described.items())


def test_without_squeue_the_state_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "unknown" in describe_jobs(["12_0"])["12_0"]
    assert describe_jobs([]) == {}
