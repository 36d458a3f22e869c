"""Families that are code have no file in conf/family: their settings are stored where Hydra looks for them too."""

import re
from collections.abc import Iterable

from hydra.core.config_store import ConfigStore

from scaling_lab.modules.names import CODE_GROUPS, code_content, installed_factories

TIMM_MODEL = re.compile(r"\btimm:\w+")


def store_families(names: Iterable[str]) -> None:
    """Let Hydra compose families that are code."""
    for name in names:
        ConfigStore.instance().store(group="family", name=name, node=code_content(name), provider="scaling_lab")


def store_timm_models(words: Iterable[str]) -> None:
    """Let Hydra compose the models of timm that a command line names, such as `timm:convnext_atto`."""
    store_families({name for word in words for name in TIMM_MODEL.findall(word)})


store_families((*CODE_GROUPS, *installed_factories()))
