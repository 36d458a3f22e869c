"""Name a setting by what tells it apart from the other settings of its study."""

import re
from collections.abc import Iterable

from scaling_lab.analysis.setting import SETTING_COLUMNS, Setting
from scaling_lab.formatting import TIMES


def format_setting_part(name: str, value: object) -> str:
    """Return the value of one of the columns of a setting in words."""
    return f"learning rate {TIMES} {value:g}" if name == "lr_times" else str(value)


def drop_common_settings(names: Iterable[str]) -> dict[str, str]:
    """Return names without the settings in brackets that all names of the same choice share.

    `cifar_short(epochs=4, warmup_epochs=0.8)` is `cifar_short(epochs=4)` next to one with `epochs=8`. A name that is
    the only one of its choice stays whole.

    Args:
        names: Names of families, data sets or recipes, with their settings in brackets.
    """
    listed = list(dict.fromkeys(map(str, names)))
    split = {name: _split_settings(name) for name in listed}
    shortened = {}
    for name, (choice, settings) in split.items():
        others = [set(others) for other, others in split.values() if other == choice]
        common = set.intersection(*others) if len(others) > 1 else set()
        left = [setting for setting in settings if setting not in common]
        shortened[name] = f"{choice}({', '.join(left)})" if left else choice
    return shortened


def _split_settings(name: str) -> tuple[str, list[str]]:
    """Return the choice and the settings in brackets of a name; a name of another form has none."""
    choice, bracket, inside = name.partition("(")
    if not bracket or not inside.endswith(")") or "=" not in inside:
        return name, []
    return choice, re.split(r", (?=[\w.]+=)", inside[:-1])


def list_differing_parts(settings: Iterable[Setting]) -> dict[Setting, list[str]]:
    """Return the parts of each setting, other than the family, in which the settings differ."""
    listed = list(dict.fromkeys(settings))
    values = {part: {getattr(setting, part) for setting in listed} for part in SETTING_COLUMNS[1:]}
    short = {part: drop_common_settings(values[part]) for part in ("dataset", "recipe")}
    return {
        setting: [
            format_setting_part(part, short.get(part, {}).get(value := getattr(setting, part), value))
            for part, distinct in values.items()
            if len(distinct) > 1
        ]
        for setting in listed
    }


def list_setting_names(settings: Iterable[Setting]) -> dict[Setting, str]:
    """Return the name of each setting: its family, and the parts in which the settings differ."""
    return {setting: ", ".join([setting.family, *parts]) for setting, parts in list_differing_parts(settings).items()}
