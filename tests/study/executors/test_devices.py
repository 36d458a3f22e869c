"""Devices and their slots. A device that does not exist is refused before any work."""

from pathlib import Path

import pytest

from scaling_lab.errors import UserError
from scaling_lab.study.executors import devices as module
from scaling_lab.study.executors.devices import call_on_devices, count_gpus, resolve_devices


def machine_with(count: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for i in range(count):
        (folder / f"nvidia{i}").touch()
    monkeypatch.setattr(module, "_query_gpus", lambda: (count, "2.13.0"))
    return folder


@pytest.mark.parametrize(
    ("requested", "count", "expected"),
    [
        ("cpu", 2, ("cpu",)),
        ("auto", 0, ("cpu",)),
        ("auto", 2, ("cuda:0", "cuda:1")),
        ("cuda", 2, ("cuda:0", "cuda:1")),
        ("cuda:1", 2, ("cuda:1",)),
    ],
)
def test_requested_devices(
    requested: str, count: int, expected: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert resolve_devices(requested, machine_with(count, tmp_path, monkeypatch)) == expected


@pytest.mark.parametrize(
    ("requested", "count", "message"),
    [
        ("cuda", 0, "device is 'cuda'; torch 2.13.0 finds no GPU"),
        ("cuda:0", 0, "device is 'cuda:0'; torch 2.13.0 finds no GPU"),
        ("cuda:2", 2, "finds 2 GPUs, cuda:0 to cuda:1"),
        ("gpu", 2, "device is 'gpu'; must be auto, cpu, cuda .*cuda:0"),
        ("cuda:", 2, "device is 'cuda:'"),
        ("cuda:-1", 2, "device is 'cuda:-1'"),
        ("cpu:0", 2, "device is 'cpu:0'"),
    ],
)
def test_missing_devices_are_refused(
    requested: str, count: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=message):
        resolve_devices(requested, machine_with(count, tmp_path, monkeypatch))


def test_auto_is_the_cpu_if_torch_does_not_find_the_gpu_of_a_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = machine_with(1, tmp_path, monkeypatch)
    monkeypatch.setattr(module, "_query_gpus", lambda: (0, "2.13.0+cpu"))
    assert resolve_devices("auto", folder) == ("cpu",)


def test_torch_runs_in_another_process() -> None:
    assert module._query_gpus() == count_gpus()


@pytest.mark.usefixtures("stand_in")
def test_a_device_has_no_more_calls_at_once_than_slots() -> None:
    import stand_in

    slots = ("cuda:0", "cuda:1", "cuda:1")
    calls = [(0.05 * (1 + place % 3),) for place in range(9)]
    results = dict(call_on_devices(stand_in.busy_on, calls, slots))
    assert sorted(results) == list(range(9))
    for device in set(slots):
        spans = [(began, ended) for on, began, ended in results.values() if on == device]
        assert spans
        at_once = [sum(began <= when < ended for began, ended in spans) for when, _ in spans]
        assert max(at_once) <= slots.count(device)
