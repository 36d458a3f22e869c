"""Names with the settings that differ from a file, and back."""

from typing import Any

import pytest

from scaling_lab.config import registry


def test_changed_values_show_in_the_name() -> None:
    short = registry.read_yaml("recipe", "short")
    assert registry.display_name("recipe", "short", short) == "short"
    assert registry.display_name("recipe", "short", short | {"lr": 7, "flip": None}) == "short(lr=7, flip=None)"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "short"),
        (
            {"epochs": 3, "lr": 1e-05, "flip": None, "nesterov": True},
            "short(epochs=3, lr=1e-05, flip=None, nesterov=True)",
        ),
        ({"mean": [0.5, 0.25], "policy": "rand"}, "short(mean=[0.5, 0.25], policy=rand)"),
        ({"policy": "auto", "path": "/x/a b(1)"}, "short(policy=auto, path=/x/a b(1))"),
    ],
)
def test_a_display_name_is_parsed_into_what_it_was_made_from(changes: dict[str, Any], text: str) -> None:
    shown = registry.display_name("recipe", "short", registry.read_yaml("recipe", "short") | changes)
    assert shown == text
    assert registry.parse_display_name(shown) == ("short", changes)
    assert registry.parse_display_name("short(a=__import__('os'))") == ("short", {"a": "__import__('os')"})
