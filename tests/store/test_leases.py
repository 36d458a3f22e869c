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

from scaling_lab.store.leases import Claim, Claims

HOLDING = """
import sys
from pathlib import Path
from scaling_lab.store.leases import Claims
print(Claims(Path(sys.argv[1]), 60).take("beef").number, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def claims(tmp_path: Path) -> Claims:
    return Claims(tmp_path / "claims", lease=60)


def take(claims: Claims, key: str = "beef") -> Claim:
    made = claims.take(key)
    assert made is not None
    return made


def age(claims: Claims, name: str, seconds: float) -> None:
    """As if its heart had not beaten for so long."""
    path = claims.folder / name
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def elsewhere(claims: Claims, name: str, **others: object) -> None:
    """As if another machine held it."""
    path = claims.folder / name
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"holder": said["holder"] | {"host": "far", "boot": "away"} | others}))


def test_one_holds_and_others_see_who_and_how_far(claims: Claims) -> None:
    own = take(claims)
    assert claims.take("beef") is None
    own.beat({"steps": 3, "of": 10})
    held = claims.held()["beef"]
    assert (held.number, held.alive, held.pid) == (1, True, os.getpid())
    assert held.progress == {"steps": 3, "of": 10}
    assert 0 <= held.silent < 30
    assert not own.lost()


def test_what_is_given_back_can_be_taken(claims: Claims) -> None:
    take(claims).give_back()
    assert claims.held() == {}
    assert list(claims.folder.iterdir()) == []
    assert take(claims).number == 1


def test_points_do_not_stand_in_each_others_way(claims: Claims) -> None:
    take(claims, "beef")
    take(claims, "feed")
    assert set(claims.held()) == {"beef", "feed"}


def test_who_is_silent_for_longer_than_the_lease_is_replaced_and_sees_it(claims: Claims) -> None:
    first = take(claims)
    age(claims, "beef.1", 59)
    assert claims.take("beef") is None
    age(claims, "beef.1", 61)
    assert not claims.held()["beef"].alive
    second = take(claims)
    assert second.number == 2
    assert first.lost()
    assert not second.lost()
    first.beat({"steps": 99})
    assert claims.held()["beef"].progress == {}
    first.give_back()
    assert claims.held()["beef"].number == 2
    assert claims.take("beef") is None


def test_an_earlier_holder_is_not_taken_for_a_later_of_the_same_number(claims: Claims) -> None:
    first = take(claims)
    age(claims, "beef.1", 61)
    take(claims).give_back()
    third = take(claims)
    assert third.number == 1
    assert first.lost()
    first.give_back()
    assert not third.lost()


@pytest.fixture
def holder(claims: Claims) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDING, str(claims.folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout
    assert process.stdout.readline() == "1\n"
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("buried", [True, False])
def test_a_dead_holder_of_this_machine_is_replaced_at_once(
    claims: Claims, holder: subprocess.Popen[str], buried: bool
) -> None:
    assert claims.take("beef") is None
    holder.send_signal(signal.SIGKILL)
    if buried:
        holder.wait()
    else:  # a zombie, until its parent asks
        os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)
    assert not claims.held()["beef"].alive
    assert take(claims).number == 2


def test_a_number_of_a_process_that_another_has_now_is_no_holder(claims: Claims) -> None:
    take(claims)
    path = claims.folder / "beef.1"
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"holder": said["holder"] | {"began": "1"}}))
    assert take(claims).number == 2


def test_a_process_that_is_not_shown_is_alive(claims: Claims, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some machines hide the processes of other users."""
    take(claims)
    path = claims.folder / "beef.1"
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"holder": said["holder"] | {"pid": 1, "began": "1"}}))
    monkeypatch.setattr("scaling_lab.store.process_identity._began", lambda _: None)

    def refused(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)
    assert claims.held()["beef"].alive


def test_each_claim_says_its_own_lease(claims: Claims) -> None:
    """So that sweeps and `status` with another take nobody for silent."""
    take(Claims(claims.folder, lease=600))
    age(claims, "beef.1", 100)
    assert claims.held()["beef"].alive
    assert claims.take("beef") is None
    age(claims, "beef.1", 510)
    assert take(claims).number == 2


def test_a_shorter_word_leaves_nothing_of_a_longer_one(claims: Claims) -> None:
    own = take(claims)
    own.beat({"steps": 1, "accuracy": 0.123456789012345})
    own.beat({})
    assert claims.held()["beef"].progress == {}


def test_what_is_given_back_is_closed(claims: Claims) -> None:
    own = take(claims)
    own.give_back()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(own.descriptor)


def test_silence_is_measured_by_the_clock_of_the_file_system(claims: Claims, monkeypatch: pytest.MonkeyPatch) -> None:
    take(claims)
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert 0 <= claims.held()["beef"].silent < 30
    monkeypatch.setattr("time.time", lambda: 1e12)
    assert claims.held()["beef"].alive


def test_who_comes_second_to_the_same_number_of_a_listing_gives_way(
    claims: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing may miss a claim that is made while it is read: the second look sees it."""
    take(claims)
    listed = [dict[str, int](), {"beef": 2}]
    (claims.folder / "beef.1").unlink()
    monkeypatch.setattr(Claims, "_last", lambda _: listed.pop(0))
    assert claims.take("beef") is None
    assert list(claims.folder.iterdir()) == []


@pytest.mark.parametrize("others", [{}, {"host": "same"}, {"space": "pid:[1]"}])
def test_of_another_machine_only_silence_tells(claims: Claims, others: dict[str, str]) -> None:
    """Also of the same name, and of another container, whose processes have numbers of their own."""
    take(claims)
    elsewhere(claims, "beef.1", pid=2**22 + 1, **others)
    assert claims.take("beef") is None
    age(claims, "beef.1", 61)
    assert take(claims).number == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"holder": {"host": 1}, "progress": 1}', b"\xff\xfe"])
def test_a_file_cut_short_is_a_holder_until_it_is_silent(claims: Claims, content: bytes) -> None:
    take(claims)
    (claims.folder / "beef.1").write_bytes(content)
    assert claims.held()["beef"].alive
    assert claims.take("beef") is None
    age(claims, "beef.1", 61)
    assert take(claims).number == 2


def test_nothing_but_numbers_is_read_as_progress(claims: Claims) -> None:
    take(claims).beat({"steps": 1, "epoch": "<b>", "accuracy": float("nan"), "done": True})
    assert claims.held()["beef"].progress == {"steps": 1}


def taken(folder: Path, keys: list[str]) -> list[str]:
    found = [key for key in keys if Claims(folder, 60).take(key)]
    (folder.parent / f"{os.getpid()}.done").touch()
    while len(list(folder.parent.glob("*.done"))) < 4:  # else the claims of who ends first are those of the dead
        pass
    return found


@pytest.mark.parametrize("stale", [False, True])
def test_of_many_at_once_one_gets_each(claims: Claims, stale: bool) -> None:
    keys = [f"{number:016x}" for number in range(100)]
    if stale:
        for key in keys:
            take(claims, key)
            age(claims, f"{key}.1", 61)
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as processes:
        found = [processes.submit(taken, claims.folder, keys) for _ in range(4)]
        everything = [key for each in found for key in each.result()]
    assert sorted(everything) == keys


def test_of_many_claims_those_asked_for_are_read(claims: Claims) -> None:
    for key in ("beef", "feed", "cafe"):
        take(claims, key)
    assert set(claims.held({"beef", "none"})) == {"beef"}


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert Claims(tmp_path / "nowhere", 60).held() == {}
