from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hydra.core.config_loader import ConfigLoader
from hydra.types import RunMode
from omegaconf import DictConfig

from hydra_plugins.scaling_lab_plugins.audits import is_audit
from hydra_plugins.scaling_lab_plugins.axes import parse_axes
from hydra_plugins.scaling_lab_plugins.combinations import ComposedConfig, compose_axes
from scaling_lab.config import registry
from scaling_lab.paper.audit.findings import audited_families
from scaling_lab.store.results import Store
from scaling_lab.study.plan import Study, plan_study
from scaling_lab.study.questions import make_question

Hydra = tuple[ConfigLoader, DictConfig]
Needed = Callable[[str, Mapping[str, Any]], dict[str, Any]]


def found(name: str, hydra: Hydra) -> tuple[list[str], list[ComposedConfig]]:
    """The axes of a study and what they compose to."""
    loader, _ = hydra
    master = loader.load_configuration("config", [f"study={name}"], RunMode.MULTIRUN)
    lines = [f"study={name}", *(f"{key}={values}" for key, values in master.hydra.sweeper.params.items())]
    return lines, list(compose_axes(parse_axes(lines, loader), loader, master))


def plan(name: str, hydra: Hydra, needed: Needed = lambda *_: {}) -> Study:
    """The plan of a study; one of pictures that are not in the package is made with a few made-up ones."""
    lines, each_config = found(name, hydra)
    for each in each_config:
        if added := needed(each.chosen["dataset"], each.config["dataset"]):
            each.config["dataset"] |= added
            each.config["recipe"]["batch"] = 1
    specs = [make_question(each.config, each.chosen) for each in each_config]
    return plan_study(name, lines, specs, above_native=True)


@pytest.mark.parametrize("name", registry.list_names("study"))
def test_every_study_can_be_planned_or_audited(name: str, hydra: Hydra, needed: Needed) -> None:
    _, each_config = found(name, hydra)
    if is_audit(each_config):
        assert {each.chosen["family"] for each in each_config} <= set(audited_families())
    else:
        assert plan(name, hydra, needed).points


def test_the_reference_run_answers_the_default_study_of_today(hydra: Hydra) -> None:
    """Were this to fail, the committed run would no longer be what `make sweep` trains: train it again."""
    reference = Store(registry.CONF.parent / "results" / "quick-reference")
    assert set(reference.read_results().results) == set(plan("quick", hydra).points)
    assert {entry.key for entry in reference.read_plan().entries} == set(plan("quick", hydra).points)


def test_the_quick_study_is_what_its_file_says(hydra: Hydra) -> None:
    quick = plan("quick", hydra)
    assert (len(quick.plan.entries), len(quick.points), quick.repeated) == (72, 54, ())
    assert {entry.question.rounding for entry in quick.plan.entries} == {"fitted"}
    for entry in quick.plan.entries:
        assert entry.times_flops_got == pytest.approx(entry.question.times_flops, rel=0.05)
