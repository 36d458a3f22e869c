"""Provenance of a result: versions, machine, commit and time."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import torch

from scaling_lab.store.process_identity import processor_name


def collect_provenance(device: torch.device) -> dict[str, str | int]:
    """Return versions, machine, commit and time (UTC) as stored in a result."""
    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return {
        "device": f"cuda, {gpu}" if gpu else device.type,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "processor": processor_name(),
        "instruction_set": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count() or 0,
        "system": f"{platform.system()} {platform.machine()}",
        "commit": current_commit(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


@cache
def current_commit() -> str:
    """Return the commit of this checkout, with + if tracked files have changed; "unknown" outside git."""
    folder = Path(__file__).parent
    try:
        head = _git(folder, "rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(folder: Path, *arguments: str) -> str:
    process = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=10)  # noqa: S603, S607
    return process.stdout.strip()
