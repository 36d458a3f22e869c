"""Which settings of a study differ in the length of training alone."""

import re
from collections.abc import Iterable
from dataclasses import replace

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.setting import Setting

LENGTH_SETTINGS = ("epochs", "warmup_epochs", "decay_epochs")
"""Settings of a recipe that are given in epochs."""
_RECIPE = re.compile(r"(?P<name>[^(]+)\((?P<settings>.*)\)", re.DOTALL)


def split_recipe(recipe: str) -> tuple[str, dict[str, str]]:
    """Return the name of a recipe without the settings that are given in epochs, and these settings.

    `cifar_short(epochs=8, lr=0.2)` gives `cifar_short(lr=0.2)` and `{"epochs": "8"}`.
    """
    match = _RECIPE.fullmatch(recipe)
    if match is None:
        return recipe, {}
    settings = re.split(r", (?=\w+=)", match["settings"])
    of_length = [text for text in settings if text.partition("=")[0] in LENGTH_SETTINGS]
    others = [text for text in settings if text not in of_length]
    name = f"{match['name']}({', '.join(others)})" if others else match["name"]
    return name, dict(text.split("=", 1) for text in of_length)


def without_length(setting: Setting) -> Setting:
    """Return a setting without the length of training, which is equal for those that differ in it alone."""
    return replace(setting, recipe=split_recipe(setting.recipe)[0])


def group_by_length(comparisons: Iterable[RuleComparison]) -> list[dict[int, RuleComparison]]:
    """Return the comparisons that differ in length alone, by epochs; those of one length only are left out.

    Where two of them have the same epochs, further settings in epochs, such as the warm-up, distinguish them.
    """
    groups: dict[tuple[Setting, float], list[tuple[int, RuleComparison]]] = {}
    for comparison in comparisons:
        epochs = next((cell.epochs for weights in comparison.candidates.values() for cell, _ in weights), None)
        if epochs is not None:
            groups.setdefault((without_length(comparison.setting), comparison.level), []).append((epochs, comparison))
    parts: list[list[tuple[int, RuleComparison]]] = []
    for members in groups.values():
        if len({epochs for epochs, _ in members}) == len(members):
            parts.append(members)
            continue
        by_others: dict[tuple[tuple[str, str], ...], list[tuple[int, RuleComparison]]] = {}
        for epochs, comparison in members:
            others = split_recipe(comparison.setting.recipe)[1]
            others.pop("epochs", None)
            by_others.setdefault(tuple(sorted(others.items())), []).append((epochs, comparison))
        parts += by_others.values()
    return [dict(sorted(members, key=lambda member: member[0])) for members in parts if len(members) > 1]
