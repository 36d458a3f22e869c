"""A stand-in for srun: it runs a command once per node on this machine, and ends all by SIGTERM when one fails."""

import sys
from pathlib import Path

import pytest

SRUN = """#!{python} -S
import os, subprocess, sys, time

nodes = int(next(word for word in sys.argv if word.startswith("--nodes=")).partition("=")[2])
command = sys.argv[sys.argv.index("sh"):]
tasks = [subprocess.Popen(command, env=os.environ | {{"SLURM_PROCID": str(node)}}) for node in range(nodes)]
while None in (codes := [task.poll() for task in tasks]) and not any(codes):
    time.sleep(0.05)
for task in tasks:
    task.terminate()
until = time.monotonic() + 15
while None in [task.poll() for task in tasks] and time.monotonic() < until:
    time.sleep(0.05)
for task in tasks:
    task.kill()
sys.exit(max(abs(code) for code in codes if code is not None))
"""


def use_stand_in(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str = SRUN) -> None:
    """Put a command srun first on the path."""
    (folder / "bin").mkdir()
    (folder / "bin/srun").write_text(script.format(python=sys.executable))
    (folder / "bin/srun").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder / "bin"), prepend=":")
