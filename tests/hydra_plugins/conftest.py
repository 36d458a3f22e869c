"""Overrides as the sweeper composes them, without a sweep."""

from collections.abc import Callable, Iterator

import pytest
from hydra import initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from hydra_plugins.scaling_lab_plugins.axes import parse_axes
from hydra_plugins.scaling_lab_plugins.combinations import ComposedConfig, compose_axes
from hydra_plugins.scaling_lab_plugins.gate import CheckedLoader
from scaling_lab.config import registry
from scaling_lab.study.executors import build_check, fork_server, step_timing

Hydra = tuple[ConfigLoader, DictConfig]


@pytest.fixture(autouse=True)
def no_other_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time no training steps and build no networks: what is planned does not depend on it."""
    monkeypatch.setattr(step_timing, "time_steps", lambda points, *_: [None] * len(points))
    monkeypatch.setattr(build_check, "find_unbuildable", lambda *_: {})
    monkeypatch.setattr(fork_server, "ensure_server", lambda: None)


@pytest.fixture(scope="module")
def hydra() -> Iterator[Hydra]:
    """Return the loader and its composed configuration without overrides."""
    with initialize_config_dir(str(registry.CONF), version_base=None):
        loader = CheckedLoader(GlobalHydra.instance().config_loader())
        master = loader.load_configuration("config", [], RunMode.MULTIRUN)
        HydraConfig.instance().set_config(master)
        yield loader, master


@pytest.fixture(scope="module")
def compose(hydra: Hydra) -> Callable[..., list[ComposedConfig]]:
    """Return a function that composes every combination of its overrides, with study=custom if they name none."""
    loader, master = hydra

    def compose(*lines: str) -> list[ComposedConfig]:
        named = any(line.startswith("study=") for line in lines)
        return list(compose_axes(parse_axes(lines if named else ("study=custom", *lines), loader), loader, master))

    return compose
