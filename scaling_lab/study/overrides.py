"""Settings as they are written on the command line, for the record of a command in its plan."""

import json
import re
from collections.abc import Iterable
from typing import Any

from scaling_lab.config import registry

_PLAIN = re.compile(r"[\w.+-][\w./:+~-]*|/[\w./:+~-]*")
_WORDS = {None: "null", True: "true", False: "false"}


def format_override(name: str, values: Iterable[Any]) -> str:
    """Return `rule=depth,width`; texts with other characters than those of names and paths are quoted."""
    return f"{name}={','.join(map(_format_value, values))}"


def search_path_override() -> list[str]:
    """Return the folders of the user's own groups as an override; none if there are none."""
    folders = [f"file://{folder}" for folder in registry.search_path()[1:]]
    return [f"hydra.searchpath=[{','.join(map(_format_value, folders))}]"] if folders else []


def _format_value(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_format_value, value))}]"
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
