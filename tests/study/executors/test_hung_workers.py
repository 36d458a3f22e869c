"""When a worker counts as hung."""

import pytest

from scaling_lab.store.leases import LeaseState
from scaling_lab.study.executors.hung_workers import START_SECONDS, HungWorkers

LEASE = 60.0


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def lease(pid: int = 7, is_alive: bool = True) -> dict[str, LeaseState]:
    return {"a": LeaseState("a", 1, 0.0, is_alive, "here", pid)}


@pytest.mark.parametrize(
    ("leases", "limit"),
    [
        (lease(is_alive=False), LEASE),
        (lease(pid=8), LEASE),
        ({}, LEASE),
        (lease(), None),
        (lease(pid=0), None),
    ],
    ids=["stale", "taken over", "released", "its own", "unreadable"],
)
def test_a_worker_that_lost_its_lease_has_the_time_of_another(
    leases: dict[str, LeaseState], limit: float | None
) -> None:
    clock = Clock()
    workers = HungWorkers(LEASE, clock)
    assert workers.find(["a"], lease(), {"a": 7}) == []
    assert workers.find(["a"], leases, {"a": 7}) == []
    clock.now += LEASE - 1
    assert workers.find(["a"], leases, {"a": 7}) == []
    clock.now += 2
    assert workers.find(["a"], leases, {"a": 7}) == (["a"] if limit else [])
    workers.forget("a")
    assert workers.find(["a"], leases, {"a": 7}) == []


def test_a_worker_that_renews_again_is_not_hung() -> None:
    clock = Clock()
    workers = HungWorkers(LEASE, clock)
    for _ in range(5):
        workers.find(["a"], lease(), {"a": 7})
        workers.find(["a"], lease(is_alive=False), {"a": 7})
        clock.now += LEASE - 1
    assert workers.find(["a"], lease(), {"a": 7}) == []


def test_a_worker_that_starts_has_longer() -> None:
    clock = Clock()
    workers = HungWorkers(LEASE, clock)
    for seconds, hung in ((0, []), (START_SECONDS - 1, []), (2, ["a"])):
        clock.now += seconds
        assert workers.find(["a"], {}, {"a": 7}) == hung
