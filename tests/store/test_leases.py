"""Leases: one process holds a point until it is dead or silent for too long. Files stand in for other machines."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from scaling_lab.store.leases import Lease, Leases

HOLDING = """
import sys
from pathlib import Path
from scaling_lab.store.leases import Leases
print(Leases(Path(sys.argv[1]), 60).acquire("beef").number, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def leases(tmp_path: Path) -> Leases:
    return Leases(tmp_path / "claims", lease=60)


def acquire(leases: Leases, key: str = "beef") -> Lease:
    lease = leases.acquire(key)
    assert lease is not None
    return lease


def age(leases: Leases, name: str, seconds: float) -> None:
    """Move the last heartbeat back in time."""
    path = leases.folder / name
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def as_of_another_machine(leases: Leases, name: str, **others: object) -> None:
    """Rewrite a lease as if a process of another machine held it."""
    path = leases.folder / name
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"holder": content["holder"] | {"host": "far", "boot": "away"} | others}))


def test_others_see_the_holder_and_its_progress(leases: Leases) -> None:
    lease = acquire(leases)
    assert leases.acquire("beef") is None
    lease.renew({"steps": 3, "of": 10})
    state = leases.states()["beef"]
    assert (state.number, state.is_alive, state.pid) == (1, True, os.getpid())
    assert state.progress == {"steps": 3, "of": 10}
    assert 0 <= state.silent_seconds < 30
    assert not lease.is_lost()


def test_a_released_point_can_be_acquired(leases: Leases) -> None:
    acquire(leases).release()
    assert leases.states() == {}
    assert list(leases.folder.iterdir()) == []
    assert acquire(leases).number == 1


def test_leases_of_different_points_are_independent(leases: Leases) -> None:
    acquire(leases, "beef")
    acquire(leases, "feed")
    assert set(leases.states()) == {"beef", "feed"}


def test_a_holder_silent_for_longer_than_the_lease_is_replaced_and_notices(leases: Leases) -> None:
    first = acquire(leases)
    age(leases, "beef.1", 59)
    assert leases.acquire("beef") is None
    age(leases, "beef.1", 61)
    assert not leases.states()["beef"].is_alive
    second = acquire(leases)
    assert second.number == 2
    assert first.is_lost()
    assert not second.is_lost()
    first.renew({"steps": 99})
    assert leases.states()["beef"].progress == {}
    first.release()
    assert leases.states()["beef"].number == 2
    assert leases.acquire("beef") is None


def test_an_earlier_lease_of_the_same_number_is_lost(leases: Leases) -> None:
    first = acquire(leases)
    age(leases, "beef.1", 61)
    acquire(leases).release()
    third = acquire(leases)
    assert third.number == 1
    assert first.is_lost()
    first.release()
    assert not third.is_lost()


@pytest.fixture
def holder(leases: Leases) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDING, str(leases.folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout
    assert process.stdout.readline() == "1\n"
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("reaped", [True, False])
def test_a_dead_holder_of_this_machine_is_replaced_at_once(
    leases: Leases, holder: subprocess.Popen[str], reaped: bool
) -> None:
    assert leases.acquire("beef") is None
    holder.send_signal(signal.SIGKILL)
    if reaped:
        holder.wait()
    else:  # a zombie until its parent waits for it
        os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)
    assert not leases.states()["beef"].is_alive
    assert acquire(leases).number == 2


def test_a_reused_pid_is_not_the_holder(leases: Leases) -> None:
    acquire(leases)
    path = leases.folder / "beef.1"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"holder": content["holder"] | {"began": "1"}}))
    assert acquire(leases).number == 2


def test_a_process_hidden_by_the_system_counts_as_alive(leases: Leases, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some machines hide the processes of other users."""
    acquire(leases)
    path = leases.folder / "beef.1"
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"holder": content["holder"] | {"pid": 1, "began": "1"}}))
    monkeypatch.setattr("scaling_lab.store.process_identity._start_time", lambda _: None)

    def refused(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)
    assert leases.states()["beef"].is_alive


def test_each_file_records_its_own_lease(leases: Leases) -> None:
    """Sweeps and `status` with a shorter lease do not count its holder as silent."""
    acquire(Leases(leases.folder, lease=600))
    age(leases, "beef.1", 100)
    assert leases.states()["beef"].is_alive
    assert leases.acquire("beef") is None
    age(leases, "beef.1", 510)
    assert acquire(leases).number == 2


def test_a_shorter_heartbeat_leaves_nothing_of_a_longer_one(leases: Leases) -> None:
    lease = acquire(leases)
    lease.renew({"steps": 1, "accuracy": 0.123456789012345})
    lease.renew({})
    assert leases.states()["beef"].progress == {}


def test_release_closes_the_file(leases: Leases) -> None:
    lease = acquire(leases)
    lease.release()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(lease.descriptor)


def test_silence_is_measured_by_the_clock_of_the_file_system(leases: Leases, monkeypatch: pytest.MonkeyPatch) -> None:
    acquire(leases)
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert 0 <= leases.states()["beef"].silent_seconds < 30
    monkeypatch.setattr("time.time", lambda: 1e12)
    assert leases.states()["beef"].is_alive


def test_the_second_of_two_holders_gives_way(leases: Leases, monkeypatch: pytest.MonkeyPatch) -> None:
    """A listing may miss a lease created while it is read; the second listing has it."""
    acquire(leases)
    listed = [dict[str, list[int]](), {"beef": [2]}]
    (leases.folder / "beef.1").unlink()
    monkeypatch.setattr(Leases, "_numbers", lambda _: listed.pop(0))
    assert leases.acquire("beef") is None
    assert list(leases.folder.iterdir()) == []


@pytest.mark.parametrize("others", [{}, {"host": "same"}, {"space": "pid:[1]"}])
def test_a_holder_of_another_machine_is_replaced_only_when_silent(leases: Leases, others: dict[str, str]) -> None:
    """Also on a host of the same name, and in another container, which has its own PIDs."""
    acquire(leases)
    as_of_another_machine(leases, "beef.1", pid=2**22 + 1, **others)
    assert leases.acquire("beef") is None
    age(leases, "beef.1", 61)
    assert acquire(leases).number == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"holder": {"host": 1}, "progress": 1}', b"\xff\xfe"])
def test_a_truncated_file_is_a_lease_until_it_is_silent(leases: Leases, content: bytes) -> None:
    acquire(leases)
    (leases.folder / "beef.1").write_bytes(content)
    assert leases.states()["beef"].is_alive
    assert leases.acquire("beef") is None
    age(leases, "beef.1", 61)
    assert acquire(leases).number == 2


def test_only_numbers_are_read_as_progress(leases: Leases) -> None:
    acquire(leases).renew({"steps": 1, "epoch": "<b>", "accuracy": float("nan"), "done": True})
    assert leases.states()["beef"].progress == {"steps": 1}


def acquire_all(folder: Path, keys: list[str]) -> list[str]:
    acquired = [key for key in keys if Leases(folder, 60).acquire(key)]
    (folder.parent / f"{os.getpid()}.done").touch()
    while len(list(folder.parent.glob("*.done"))) < 4:  # else the leases of the first to end are of a dead process
        pass
    return acquired


def test_each_point_is_acquired_by_one_of_many_processes(leases: Leases) -> None:
    """Half of the points have leases of holders that are silent."""
    keys = [f"{number:016x}" for number in range(200)]
    for key in keys[::2]:
        acquire(leases, key)
        age(leases, f"{key}.1", 61)
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as processes:
        futures = [processes.submit(acquire_all, leases.folder, keys) for _ in range(4)]
        acquired = [key for future in futures for key in future.result()]
    assert sorted(acquired) == keys


def test_only_requested_leases_are_read(leases: Leases) -> None:
    for key in ("beef", "feed", "cafe"):
        acquire(leases, key)
    assert set(leases.states({"beef", "none"})) == {"beef"}


def test_a_missing_folder_has_no_leases(tmp_path: Path) -> None:
    assert Leases(tmp_path / "nowhere", 60).states() == {}
