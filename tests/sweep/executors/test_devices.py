"""Devices: which are meant, and that one that is not there is refused before work."""

from pathlib import Path

import pytest

from scaling_lab.errors import UserError
from scaling_lab.sweep.executors import devices as module
from scaling_lab.sweep.executors.devices import gpus, resolve_devices


def machine_with(count: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for i in range(count):
        (folder / f"nvidia{i}").touch()
    monkeypatch.setattr(module, "_found", lambda: (count, "2.13.0"))
    return folder


@pytest.mark.parametrize(
    ("asked", "count", "found"),
    [
        ("cpu", 2, ("cpu",)),
        ("auto", 0, ("cpu",)),
        ("auto", 2, ("cuda:0", "cuda:1")),
        ("cuda", 2, ("cuda:0", "cuda:1")),
        ("cuda:1", 2, ("cuda:1",)),
    ],
)
def test_what_is_meant(
    asked: str, count: int, found: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert resolve_devices(asked, machine_with(count, tmp_path, monkeypatch)) == found


@pytest.mark.parametrize(
    ("asked", "count", "said"),
    [
        ("cuda", 0, "device is 'cuda'; torch 2.13.0 finds no GPU on this machine"),
        ("cuda:0", 0, "device is 'cuda:0'; torch 2.13.0 finds no GPU on this machine"),
        ("cuda:2", 2, "finds 2 GPUs, cuda:0 to cuda:1 on this machine"),
        ("gpu", 2, "device is 'gpu'; it must be auto, cpu, cuda for all GPUs, or one of them such as cuda:0"),
        ("cuda:", 2, "device is 'cuda:'"),
        ("cuda:-1", 2, "device is 'cuda:-1'"),
        ("cpu:0", 2, "device is 'cpu:0'"),
    ],
)
def test_what_is_not_there_is_refused(
    asked: str, count: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=said):
        resolve_devices(asked, machine_with(count, tmp_path, monkeypatch))


def test_auto_is_the_cpu_where_a_driver_shows_a_gpu_that_torch_does_not_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = machine_with(1, tmp_path, monkeypatch)
    monkeypatch.setattr(module, "_found", lambda: (0, "2.13.0+cpu"))
    assert resolve_devices("auto", folder) == ("cpu",)


def test_torch_is_asked_in_another_process() -> None:
    assert module._found() == gpus()
