"""Settings of several processes per point: refused by name, and turned into slots."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import UserError
from scaling_lab.study.executors import local
from scaling_lab.study.executors.devices import devices_of_slot, group_into_slots
from scaling_lab.study.executors.local import Local
from scaling_lab.study.executors.slurm import Slurm
from scaling_lab.study.executors.slurm_submit import sbatch_parameters


@pytest.mark.parametrize("engine", [Local, Slurm])
@pytest.mark.parametrize("value", [0, -1, 2.5, "two", True, None, 1025])
def test_another_number_is_refused_by_name(engine: Any, value: Any) -> None:
    with pytest.raises(UserError, match=re.escape(f"processes_per_point is {value!r}")):
        engine(processes_per_point=value)


@pytest.mark.parametrize("value", [0, None, "two"])
@pytest.mark.parametrize("others", [{"gpus": 2}, {"gpus": 2, "sync_batch_norm": True}, {"nodes_per_point": None}])
def test_nothing_is_computed_with_a_number_outside_its_range(value: Any, others: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=re.escape(f"processes_per_point is {value!r}")):
        Slurm(processes_per_point=value, **others)
    with pytest.raises(UserError, match=re.escape(f"processes_per_point is {value!r}")):
        Local(processes_per_point=value, sync_batch_norm=True)


def test_a_batch_has_an_image_for_each_node() -> None:
    point = SimpleNamespace(recipe=SimpleNamespace(batch=4))
    sweep: Any = SimpleNamespace(remaining={"a": SimpleNamespace(point=point)})
    with pytest.raises(UserError, match=r"nodes_per_point is 5; must be at most 4"):
        Slurm(nodes_per_point=5, processes_per_point=2).check_points(sweep)
    with pytest.raises(UserError, match=r"processes_per_point is 3 .*must be at most 2"):
        Slurm(nodes_per_point=2, processes_per_point=3).check_points(sweep)
    Slurm(nodes_per_point=2, processes_per_point=2).check_points(sweep)


@pytest.mark.parametrize("value", ["yes", 1, True])
def test_synchronized_batch_norm_of_one_process_or_another_word_is_refused(value: Any) -> None:
    with pytest.raises(UserError, match="sync_batch_norm is "):
        Local(sync_batch_norm=value)
    with pytest.raises(UserError, match="sync_batch_norm is "):
        Slurm(sync_batch_norm=value, processes_per_point=2)  # without GPUs


@pytest.mark.parametrize(("cores", "processes", "workers"), [(8, 1, 8), (8, 3, 2), (8, 8, 1)])
def test_a_worker_has_a_core_for_each_process(
    cores: int, processes: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "usable_cores", lambda: cores)
    engine = Local(processes_per_point=processes)
    assert engine.slots(SweepOptions("x"), 100) == ("cpu",) * workers
    assert engine.slots(SweepOptions("x"), 1) == ("cpu",)
    with pytest.raises(UserError, match=f"processes_per_point is {cores + 1}; must be at most {cores}"):
        Local(processes_per_point=cores + 1).slots(SweepOptions("x"), 1)
    with pytest.raises(UserError, match=r"engine\.sync_batch_norm is true"):
        Local(processes_per_point=2, sync_batch_norm=True).slots(SweepOptions("x"), 1)


def test_a_slot_has_a_gpu_for_each_process(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus = tuple(f"cuda:{number}" for number in range(5))
    monkeypatch.setattr(local, "resolve_devices", lambda _: gpus)
    slots = Local(processes_per_point=2, sync_batch_norm=True).slots(SweepOptions("x", device="cuda"), 100)
    assert [devices_of_slot(slot, 2) for slot in slots] == [("cuda:0", "cuda:1"), ("cuda:2", "cuda:3")]
    shared = Local(processes_per_point=2).slots(SweepOptions("x", device="cuda", workers_per_device=2), 100)
    assert shared == slots * 2
    assert group_into_slots(gpus, 1) == gpus
    with pytest.raises(UserError, match="processes_per_point is 6; must be at most 5"):
        Local(processes_per_point=6).slots(SweepOptions("x", device="cuda"), 1)


def test_a_slurm_job_has_cores_and_gpus_for_all_processes() -> None:
    on_cores = Slurm(workers=3, processes_per_point=4, cpus_per_worker=2)
    assert sbatch_parameters(on_cores, "x", on_cores.workers_per_job(SweepOptions("x")))["cpus_per_task"] == 24
    on_gpus = Slurm(gpus=4, processes_per_point=2, sync_batch_norm=True)
    assert on_gpus.workers_per_job(SweepOptions("x", workers_per_device=3)) == 6
    with pytest.raises(UserError, match="processes_per_point is 3; must divide gpus, which is 4"):
        Slurm(gpus=4, processes_per_point=3)
