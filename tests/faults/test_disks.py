"""Disks that are full or cannot be written to: reported by name, nothing else is lost."""

import subprocess
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.faults.conftest import POINTS, Study, same


def fill(disk: Path) -> Path:
    """A file that leaves no room."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


@pytest.mark.slow
def test_a_disk_that_fills_while_points_are_trained(undisturbed: Study, study: Study, small_disk: Path) -> None:
    (study.folder / "results").symlink_to(small_disk)
    sweep, until = study.start("workers=1"), monotonic() + 60
    while not study.done() and monotonic() < until:
        sleep(0.02)
    ballast = fill(small_disk)
    assert sweep.wait(timeout=100) == 2
    message = study.log.read_text()
    assert "No space left on device" in message
    assert "Traceback" not in message
    assert "error: results/tiny/" in message.splitlines()[-1]
    finished = study.done()
    assert 0 < finished < POINTS
    ballast.unlink()
    assert study.run() == 0, study.log.read_text()
    same(study, undisturbed)


@pytest.mark.slow
def test_a_file_system_that_cannot_be_written_to(study: Study, small_disk: Path) -> None:
    (study.folder / "results").symlink_to(small_disk)
    assert study.run("seed=0") == 0, study.log.read_text()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)  # noqa: S603, S607
    study.log.unlink()
    for do in ("run", "plan"):
        assert study.run(f"do={do}") == 2
        assert study.log.read_text().splitlines()[-1].startswith("error: results folder results/tiny cannot be written")
    assert study.run("do=status") == 0
    assert study.log.read_text().splitlines()[-1].startswith("tiny: ")
