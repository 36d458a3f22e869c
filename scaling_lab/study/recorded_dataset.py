"""What a dataset of a plan was built from: name in conf/dataset and settings. Reads no images."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from scaling_lab.config import registry
from scaling_lab.store.plan_schema import Plan

FRACTION = re.compile(r"fraction=([0-9.e-]+)\)$")  # at the end of a dataset's name (`data.fraction.name_fraction`)


@dataclass(frozen=True)
class RecordedDataset:
    """A dataset that a study was planned with.

    Attributes:
        choice: Name in conf/dataset.
        settings: Those of its YAML file, `_target_` included, with the values that were used.
    """

    choice: str
    settings: Mapping[str, Any]

    @property
    def changes(self) -> dict[str, Any]:
        """Settings that differ from the YAML file, without the cache folder."""
        usual = registry.read_yaml("dataset", self.choice) if self.choice in registry.list_names("dataset") else {}
        return {
            name: value
            for name, value in self.settings.items()
            if name not in ("_target_", "cache") and (name not in usual or usual[name] != value)
        }


def find_recorded_dataset(plan: Plan, name: str) -> RecordedDataset | None:
    """Return what the dataset of this name was built from; None if the plan does not say.

    An older plan records no settings: they are taken from conf/dataset, the name and the commands.
    """
    choice = name.partition("(")[0]
    names = registry.list_names("dataset")
    for source in plan.datasets:
        if source.name == name:
            return RecordedDataset(_find_choice(choice, source.settings, names), source.settings)
    if choice not in names:
        return None
    settings = registry.read_yaml("dataset", choice)
    settings |= {key: value for key, value in _command_settings(plan) if key in settings}
    if fraction := FRACTION.search(name):
        settings["fraction"] = float(fraction[1])
    return RecordedDataset(choice, settings)


def _find_choice(choice: str, settings: Mapping[str, Any], names: list[str]) -> str:
    """Return the name in conf/dataset with the same `_target_`, preferably `choice`."""
    ordered = [name for name in names if name == choice] + names
    target = settings.get("_target_")
    return next((name for name in ordered if registry.read_yaml("dataset", name).get("_target_") == target), choice)


def _command_settings(plan: Plan) -> Iterator[tuple[str, Any]]:
    """Yield the settings of the dataset that have one value in the plan's commands."""
    for word in (word for command in plan.commands for word in command):
        name, _, value = word.lstrip("+").partition("=")
        if name.startswith("dataset.") and "," not in value:
            yield name.removeprefix("dataset."), yaml.safe_load(value)
