"""A Slurm of two nodes on this machine, with a configuration and ports of its own: it leaves one that runs alone."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

NODES = ("n1", "n2")
START_SECONDS, CONTROLLER_PORT = 60.0, 16817
CONFIGURATION = """ClusterName=two
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
ReturnToService=2
MpiDefault=none
KillWait=5
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port=17011 CPUs=1 RealMemory=2000 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port=17012 CPUs=1 RealMemory=2000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


@contextmanager
def two_nodes(folder: Path) -> Iterator[None]:
    """Context manager: start a controller and two node daemons, and let the commands of Slurm use them."""
    if not all(map(shutil.which, ("slurmctld", "slurmd", "munged"))) or os.geteuid() != 0:
        pytest.skip("needs slurmctld, slurmd and munged, and to be root")
    with socket.socket() as probe:  # daemons of a killed run would take its jobs
        assert probe.connect_ex(("127.0.0.1", CONTROLLER_PORT)), f"port {CONTROLLER_PORT} is in use: stop its slurmctld"
    (folder / "state").mkdir(parents=True)
    configuration = folder / "slurm.conf"
    configuration.write_text(
        CONFIGURATION.format(port=CONTROLLER_PORT, host=socket.gethostname().partition(".")[0], folder=folder)
    )
    environment = os.environ | {"SLURM_CONF": str(configuration)}
    daemons = [] if is_running("munged") else [start("munged", "--foreground", user="munge")]
    daemons.append(start("slurmctld", "-D", "-c", env=environment))
    daemons += [start("slurmd", "-D", "-N", node, env=environment) for node in NODES]
    try:
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setenv("SLURM_CONF", str(configuration))
            wait_until_idle(folder)
            yield
            with suppress(subprocess.SubprocessError):
                subprocess.run(["scancel", "--user=root"], check=False, timeout=30)  # noqa: S607
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            daemon.wait(30)


def start(*words: str, **options: Any) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(words, **options, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603


def is_running(name: str) -> bool:
    return subprocess.run(["pgrep", "-x", name], check=False, capture_output=True).returncode == 0  # noqa: S603, S607


def wait_until_idle(folder: Path) -> None:
    """Wait until both nodes can take jobs."""
    until, states = monotonic() + START_SECONDS, list[str]()
    while states != ["idle"] * len(NODES):
        assert monotonic() < until, "\n".join(path.read_text()[-2000:] for path in folder.glob("*.log"))
        sleep(0.5)
        listed = subprocess.run(["sinfo", "-hN", "-o", "%t"], check=False, capture_output=True, text=True)  # noqa: S607
        states = listed.stdout.split()
