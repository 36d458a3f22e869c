from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hydra.core.config_loader import ConfigLoader
from hydra.types import RunMode
from omegaconf import DictConfig

from hydra_plugins.scaling_lab_plugins.audits import is_audit
from hydra_plugins.scaling_lab_plugins.axes import parse_axes
from hydra_plugins.scaling_lab_plugins.combinations import compose_axes
from scaling_lab.config import registry
from scaling_lab.paper.audit.findings import audited_families
from scaling_lab.store.results import Store
from scaling_lab.study.plan import Study, plan_study
from scaling_lab.study.questions import make_question

Hydra = tuple[ConfigLoader, DictConfig]
Needed = Callable[[str, Mapping[str, Any]], dict[str, Any]]


Axes = dict[str, list[str]]


def axes_of(name: str, hydra: Hydra) -> Axes:
    """Return the axes of a study's first grid."""
    loader, _ = hydra
    master = loader.load_configuration("config", [f"study={name}"], RunMode.MULTIRUN)
    params = master.hydra.sweeper.params.items()
    return parse_axes([f"study={name}", *(f"{key}={values}" for key, values in params)], loader)


def plan(name: str, axes: Axes, hydra: Hydra, needed: Needed = lambda *_: {}) -> Study:
    """Return the plan of these axes; one of images that are not in the package gets a few synthetic ones."""
    loader, _ = hydra
    master = loader.load_configuration("config", [f"study={name}"], RunMode.MULTIRUN)
    configs = list(compose_axes(axes, loader, master))
    for composition in configs:
        if added := needed(composition.chosen["dataset"], composition.config["dataset"]):
            composition.config["dataset"] |= added
            composition.config["recipe"]["batch"] = 1
    return plan_study(
        name, [], [make_question(composition.config, composition.chosen) for composition in configs], above_native=True
    )


@pytest.fixture(scope="module")
def quick(hydra: Hydra) -> Study:
    return plan("quick", axes_of("quick", hydra), hydra)


@pytest.mark.parametrize("name", [name for name in registry.list_names("study") if name != "quick"])
def test_every_study_can_be_planned_or_audited(name: str, hydra: Hydra, needed: Needed) -> None:
    """With the first of its seeds, which differ in nothing that a plan depends on."""
    axes = axes_of(name, hydra)
    if is_audit(name, [registry.read_yaml("study", name).get("do")]):
        assert {line.partition("=")[2] for line in axes["family"]} <= set(audited_families())
    else:
        assert plan(name, axes | {"seed": axes.get("seed", ["seed=0"])[:1]}, hydra, needed).points


def test_the_reference_run_answers_the_default_study_of_today(quick: Study) -> None:
    """If this fails, the committed run is no longer what `make sweep` trains: train it again."""
    reference = Store(registry.CONF.parent / "results" / "quick-reference")
    assert set(reference.read_results().results) == set(quick.points)
    assert {entry.key for entry in reference.read_plan().entries} == set(quick.points)


def test_the_quick_is_what_its_file_says(quick: Study) -> None:
    assert (len(quick.plan.entries), len(quick.points), quick.repeated) == (120, 90, ())
    assert {entry.question.rounding for entry in quick.plan.entries} == {"fitted"}
    for entry in quick.plan.entries:
        assert entry.times_flops_got == pytest.approx(entry.question.times_flops, rel=0.05)
