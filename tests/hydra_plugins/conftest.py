"""Overrides to what the sweeper makes of them, without a sweep."""

from collections.abc import Callable, Iterator

import pytest
from hydra import initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from hydra_plugins.scaling_lab_plugins.axes import ComposedConfig, compose_axes, parse_axes
from scaling_lab.config import registry

Hydra = tuple[ConfigLoader, DictConfig]


@pytest.fixture(scope="module")
def hydra() -> Iterator[Hydra]:
    """Hydra's loader and its composed config without overrides."""
    with initialize_config_dir(str(registry.CONF), version_base=None):
        found = GlobalHydra.instance().hydra
        assert found is not None
        master = found.compose_config("config", [], RunMode.MULTIRUN)
        HydraConfig.instance().set_config(master)
        yield found.config_loader, master


@pytest.fixture(scope="module")
def compose(hydra: Hydra) -> Callable[..., list[ComposedConfig]]:
    """Each combination of the overrides, composed."""
    loader, master = hydra
    return lambda *lines: list(compose_axes(parse_axes(lines, loader), loader, master))
