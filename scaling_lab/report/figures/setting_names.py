"""What a panel of one setting is called."""

from collections.abc import Sequence

from scaling_lab.analysis.evidence import Setting
from scaling_lab.report.figures.style import TIMES


def panel_name(setting: Setting, settings: Sequence[Setting]) -> str:
    """The family, and what else differs between the panels."""
    varied = [name for name in ("dataset", "recipe", "rounding") if len({getattr(s, name) for s in settings}) > 1]
    rate = [f"lr {TIMES}{setting.lr_times:g}"] if len({each.lr_times for each in settings}) > 1 else []
    return " \N{MIDDLE DOT} ".join([setting.family, *(str(getattr(setting, name)) for name in varied), *rate])
