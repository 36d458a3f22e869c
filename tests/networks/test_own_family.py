"""Mistakes in a family of one's own: one line with the file and the line, or with what is allowed."""

import sys
from pathlib import Path

import pytest

from scaling_lab.config import registry
from scaling_lab.errors import UserError
from scaling_lab.networks import blocks, families, parts
from scaling_lab.networks.families.efficientnet_v2 import FusedMBConv
from scaling_lab.networks.families.mobilenet_v3 import MobileNetV3Block
from scaling_lab.networks.layers import Act

HEADER = """from scaling_lab.networks.network import Network


def mine() -> Network:
"""
MISTAKES = {
    "    return undefined_name\n": (r"NameError: .*undefined_name", 5),
    "    return [][3]\n": (r"IndexError: list index out of range", 5),
    "    return object()\n": (r"returned a builtins\.object; must be a value of the group family", 4),
    "    return (\n": (r"SyntaxError", 5),
}


@pytest.mark.parametrize("body", MISTAKES)
def test_a_mistake_in_the_code_of_a_family_is_one_line(
    body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_family_of_a_test.py").write_text(HEADER + body)
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path)])
    name = "scaling_lab.networks.families.own_family_of_a_test"
    pattern, line = MISTAKES[body]
    try:
        with pytest.raises(UserError, match=pattern) as raised:
            registry.build_value("family", {"_target_": f"{name}.mine"}, "mine")
    finally:
        sys.modules.pop(name, None)
    message = str(raised.value)
    assert message.startswith("family mine: ")
    assert message.count("family mine") == 1
    assert message.endswith(f"own_family_of_a_test.py:{line})")
    assert "\n" not in message


@pytest.mark.parametrize(
    "make",
    [
        lambda act: parts.Head(64, act=act),
        lambda act: parts.Stem(16, act=act),
        lambda act: blocks.BasicBlock(act),
        lambda act: blocks.Bottleneck(act),
        lambda act: blocks.DepthwiseSeparable(act),
        lambda act: blocks.MBConv(4, act=act),
        lambda act: FusedMBConv(4, act=act),
        lambda act: MobileNetV3Block(4, 3, False, act),
        lambda act: Act("act", act),
    ],
)
def test_an_unknown_activation_is_refused_with_the_known_ones(make: object) -> None:
    assert callable(make)
    make("relu6")
    for wrong in ("gelu", "ReLU", None, ["relu"]):
        with pytest.raises(
            ValueError, match=r"unknown activation .*relu, relu6, silu, hardswish, sigmoid, hardsigmoid"
        ):
            make(wrong)
