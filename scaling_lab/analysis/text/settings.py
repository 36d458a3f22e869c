"""Name a setting by what tells it apart from the other settings of its study."""

from collections.abc import Collection

from scaling_lab.analysis.setting import Setting


def name_setting(setting: Setting, among: Collection[Setting]) -> str:
    """Return the parts of a setting that differ among settings, without the family: empty if they all agree.

    Args:
        setting: One of them.
        among: All settings of a study.
    """
    return ", ".join(part for name, part in setting.parts.items() if len({other.parts[name] for other in among}) > 1)


def name_family(setting: Setting, among: Collection[Setting]) -> str:
    """Return the family of a setting, with what else tells it apart in parentheses."""
    rest = name_setting(setting, among)
    return f"{setting.family} ({rest})" if rest else setting.family
