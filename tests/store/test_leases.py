"""Who holds a point: one of many, until it is dead or silent for too long. Other machines are made up as files."""

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
def claims(tmp_path: Path) -> Leases:
    return Leases(tmp_path / "claims", lease=60)


def take(claims: Leases, key: str = "beef") -> Lease:
    made = claims.acquire(key)
    assert made is not None
    return made


def age(claims: Leases, name: str, seconds: float) -> None:
    """As if its heart had not beaten for so long."""
    path = claims.folder / name
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def elsewhere(claims: Leases, name: str, **others: object) -> None:
    """As if another machine held it."""
    path = claims.folder / name
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"holder": said["holder"] | {"host": "far", "boot": "away"} | others}))


def test_one_holds_and_others_see_who_and_how_far(claims: Leases) -> None:
    own = take(claims)
    assert claims.acquire("beef") is None
    own.renew({"steps": 3, "of": 10})
    held = claims.states()["beef"]
    assert (held.number, held.is_alive, held.pid) == (1, True, os.getpid())
    assert held.progress == {"steps": 3, "of": 10}
    assert 0 <= held.silent_seconds < 30
    assert not own.is_lost()


def test_what_is_given_back_can_be_taken(claims: Leases) -> None:
    take(claims).release()
    assert claims.states() == {}
    assert list(claims.folder.iterdir()) == []
    assert take(claims).number == 1


def test_points_do_not_stand_in_each_others_way(claims: Leases) -> None:
    take(claims, "beef")
    take(claims, "feed")
    assert set(claims.states()) == {"beef", "feed"}


def test_who_is_silent_for_longer_than_the_lease_is_replaced_and_sees_it(claims: Leases) -> None:
    first = take(claims)
    age(claims, "beef.1", 59)
    assert claims.acquire("beef") is None
    age(claims, "beef.1", 61)
    assert not claims.states()["beef"].is_alive
    second = take(claims)
    assert second.number == 2
    assert first.is_lost()
    assert not second.is_lost()
    first.renew({"steps": 99})
    assert claims.states()["beef"].progress == {}
    first.release()
    assert claims.states()["beef"].number == 2
    assert claims.acquire("beef") is None


def test_an_earlier_holder_is_not_taken_for_a_later_of_the_same_number(claims: Leases) -> None:
    first = take(claims)
    age(claims, "beef.1", 61)
    take(claims).release()
    third = take(claims)
    assert third.number == 1
    assert first.is_lost()
    first.release()
    assert not third.is_lost()


@pytest.fixture
def holder(claims: Leases) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDING, str(claims.folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout
    assert process.stdout.readline() == "1\n"
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("buried", [True, False])
def test_a_dead_holder_of_this_machine_is_replaced_at_once(
    claims: Leases, holder: subprocess.Popen[str], buried: bool
) -> None:
    assert claims.acquire("beef") is None
    holder.send_signal(signal.SIGKILL)
    if buried:
        holder.wait()
    else:  # a zombie, until its parent asks
        os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)
    assert not claims.states()["beef"].is_alive
    assert take(claims).number == 2


def test_a_number_of_a_process_that_another_has_now_is_no_holder(claims: Leases) -> None:
    take(claims)
    path = claims.folder / "beef.1"
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"holder": said["holder"] | {"began": "1"}}))
    assert take(claims).number == 2


def test_a_process_that_is_not_shown_is_alive(claims: Leases, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some machines hide the processes of other users."""
    take(claims)
    path = claims.folder / "beef.1"
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"holder": said["holder"] | {"pid": 1, "began": "1"}}))
    monkeypatch.setattr("scaling_lab.store.process_identity._began", lambda _: None)

    def refused(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)
    assert claims.states()["beef"].is_alive


def test_each_claim_says_its_own_lease(claims: Leases) -> None:
    """So that sweeps and `status` with another take nobody for silent."""
    take(Leases(claims.folder, lease=600))
    age(claims, "beef.1", 100)
    assert claims.states()["beef"].is_alive
    assert claims.acquire("beef") is None
    age(claims, "beef.1", 510)
    assert take(claims).number == 2


def test_a_shorter_word_leaves_nothing_of_a_longer_one(claims: Leases) -> None:
    own = take(claims)
    own.renew({"steps": 1, "accuracy": 0.123456789012345})
    own.renew({})
    assert claims.states()["beef"].progress == {}


def test_what_is_given_back_is_closed(claims: Leases) -> None:
    own = take(claims)
    own.release()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(own.descriptor)


def test_silence_is_measured_by_the_clock_of_the_file_system(claims: Leases, monkeypatch: pytest.MonkeyPatch) -> None:
    take(claims)
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert 0 <= claims.states()["beef"].silent_seconds < 30
    monkeypatch.setattr("time.time", lambda: 1e12)
    assert claims.states()["beef"].is_alive


def test_who_comes_second_to_the_same_number_of_a_listing_gives_way(
    claims: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing may miss a claim that is made while it is read: the second look sees it."""
    take(claims)
    listed = [dict[str, int](), {"beef": 2}]
    (claims.folder / "beef.1").unlink()
    monkeypatch.setattr(Leases, "_last", lambda _: listed.pop(0))
    assert claims.acquire("beef") is None
    assert list(claims.folder.iterdir()) == []


@pytest.mark.parametrize("others", [{}, {"host": "same"}, {"space": "pid:[1]"}])
def test_of_another_machine_only_silence_tells(claims: Leases, others: dict[str, str]) -> None:
    """Also of the same name, and of another container, whose processes have numbers of their own."""
    take(claims)
    elsewhere(claims, "beef.1", pid=2**22 + 1, **others)
    assert claims.acquire("beef") is None
    age(claims, "beef.1", 61)
    assert take(claims).number == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"holder": {"host": 1}, "progress": 1}', b"\xff\xfe"])
def test_a_file_cut_short_is_a_holder_until_it_is_silent(claims: Leases, content: bytes) -> None:
    take(claims)
    (claims.folder / "beef.1").write_bytes(content)
    assert claims.states()["beef"].is_alive
    assert claims.acquire("beef") is None
    age(claims, "beef.1", 61)
    assert take(claims).number == 2


def test_nothing_but_numbers_is_read_as_progress(claims: Leases) -> None:
    take(claims).renew({"steps": 1, "epoch": "<b>", "accuracy": float("nan"), "done": True})
    assert claims.states()["beef"].progress == {"steps": 1}


def taken(folder: Path, keys: list[str]) -> list[str]:
    found = [key for key in keys if Leases(folder, 60).acquire(key)]
    (folder.parent / f"{os.getpid()}.done").touch()
    while len(list(folder.parent.glob("*.done"))) < 4:  # else the claims of who ends first are those of the dead
        pass
    return found


@pytest.mark.parametrize("stale", [False, True])
def test_of_many_at_once_one_gets_each(claims: Leases, stale: bool) -> None:
    keys = [f"{number:016x}" for number in range(100)]
    if stale:
        for key in keys:
            take(claims, key)
            age(claims, f"{key}.1", 61)
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as processes:
        found = [processes.submit(taken, claims.folder, keys) for _ in range(4)]
        everything = [key for each in found for key in each.result()]
    assert sorted(everything) == keys


def test_of_many_claims_those_asked_for_are_read(claims: Leases) -> None:
    for key in ("beef", "feed", "cafe"):
        take(claims, key)
    assert set(claims.states({"beef", "none"})) == {"beef"}


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert Leases(tmp_path / "nowhere", 60).states() == {}
