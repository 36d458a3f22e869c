"""Name a setting by what tells it apart from the other settings of its study."""

from collections.abc import Iterable

from scaling_lab.analysis.setting import SETTING_COLUMNS, Setting
from scaling_lab.formatting import TIMES


def format_setting_part(name: str, value: object) -> str:
    """Return the value of one of the columns of a setting in words."""
    return f"learning rate {TIMES} {value:g}" if name == "lr_times" else str(value)


def list_differing_parts(settings: Iterable[Setting]) -> dict[Setting, list[str]]:
    """Return the parts of each setting, other than the family, in which the settings differ."""
    listed = list(dict.fromkeys(settings))
    differing = [part for part in SETTING_COLUMNS[1:] if len({getattr(setting, part) for setting in listed}) > 1]
    return {setting: [format_setting_part(part, getattr(setting, part)) for part in differing] for setting in listed}


def list_setting_names(settings: Iterable[Setting]) -> dict[Setting, str]:
    """Return the name of each setting: its family, and the parts in which the settings differ."""
    return {setting: ", ".join([setting.family, *parts]) for setting, parts in list_differing_parts(settings).items()}
