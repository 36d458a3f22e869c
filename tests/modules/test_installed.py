"""Families of installed packages, trained by workers: an entry point of a user's package, and a model of timm."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_up import class_folders
from own_nets import TIMM, VGG, write_package

import scaling_lab as lab
from scaling_lab.config.cores import usable_cores
from scaling_lab.modules.names import installed_factories
from scaling_lab.modules.source import source_digest
from scaling_lab.store.results import Store

POINTS = "[scaling_lab.families]\nmy_vgg = my_package.nets:make_vgg\n"


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Install my_package 1.2, which has a family, and a timm."""
    folder = tmp_path_factory.mktemp("site")
    write_package(folder, "my_package", "1.2", {"__init__.py": "", "nets.py": VGG}, POINTS)
    write_package(folder, "timm", "0.0.test", {"__init__.py": TIMM})
    installed_factories.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.delitem(sys.modules, "timm", raising=False)
        patch.setattr("scaling_lab.report.write_report", lambda _, report, *__, **___: report / "index.html")
        yield folder
    sys.modules.pop("timm", None)
    installed_factories.cache_clear()


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    images = class_folders(tmp_path_factory.mktemp("images"))
    folders = {name: str(tmp_path_factory.mktemp(name)) for name in ("results", "reports")}
    recipe = {"recipe.batch": 9, "recipe.epochs": 1, "recipe.warmup_epochs": 0}
    return {"dataset.path": str(images), "family.side": 8, "log": "none"} | recipe | folders


@pytest.mark.parametrize("processes", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_workers_train_families_of_installed_packages(processes: int, site: Path, settings: dict[str, Any]) -> None:
    processes = min(processes, usable_cores())
    plan = lab.plan(
        family=["my_vgg", "timm:staged_atto"],
        rule="width",
        times_flops=1,
        seed=0,
        dataset="image_folder",
        name="installed",
        settings=settings | {"engine.processes_per_point": processes},
    )
    table = plan.run(device="cpu").set_index("family")
    assert set(table["state"]) == {"done"}
    assert {"my_vgg"} < set(lab.families().index)
    stored = Store(plan.folder).read_results().results
    results = {name: stored[table.loc[name, "key"]] for name in table.index}
    factories = {name: result.point["network"]["factory"] for name, result in results.items()}
    digest = source_digest(site / "my_package/nets.py")
    assert {name: set(factory.values()) - {"Factory"} for name, factory in factories.items()} == {
        "my_vgg(side=8)": {"my_package.nets.make_vgg", "my_package 1.2", digest},
        "timm:staged_atto(side=8)": {"timm.staged_atto", "0.0.test"},
    }
    assert table.loc["timm:staged_atto(side=8)", "flops"] == 64 * (3 * 8 + 8 * 16 + 2 * 16 * 16) + 16 * 3
    assert {result.test_pictures for result in results.values()} == {12}
    assert {result.provenance.get("processes", 1) for result in results.values()} == {processes}
