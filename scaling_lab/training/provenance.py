"""Provenance of a result: versions, machine, commit and time."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import torch


def collect_provenance(device: torch.device) -> dict[str, str | int]:
    """Return versions, machine, commit and time (UTC) as stored in a result."""
    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return {
        "device": f"cuda, {gpu}" if gpu else device.type,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "processor": _processor(),
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


@cache
def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
