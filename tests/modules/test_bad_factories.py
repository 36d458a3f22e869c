"""Mistakes in a factory: one line each, before any work."""

from dataclasses import replace
from pathlib import Path

import pytest
from own_nets import VGG, Family

from scaling_lab.config import registry
from scaling_lab.errors import UserError
from scaling_lab.modules import counting
from scaling_lab.networks.scaling.fit import fit_network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.shares import Shares

HEAD = """import torch
from torch import nn

def net(channels, wide, classes):
    body = (nn.Conv2d(channels, wide, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(*body, nn.Linear(wide, classes))

CALLS = []

"""
MISTAKES = {
    "def make(depth, width, resolution=8, classes=5): return undefined": (r"NameError: .*undefined", "nets.py:10"),
    "def make(depth, width, resolution=8, classes=5): raise ValueError('too deep')": (r"ValueError: too deep", ":10"),
    "def make(depth, width, resolution=8, classes=5): return [3]": (r"returns a list; must return a torch", ""),
    "def make(depth, wide, resolution=8, classes=5): return net(3, 4, classes)": (r"takes \(depth, wide", "width"),
    "def make(depth, width, resolution, classes): return net(3, 4, classes)": (r"no side; give .*family\.side", ""),
    "def make(depth, width, resolution=8, classes=5): return net(3, 4, classes + 1)": (r"returns \(1, 11\)", "10"),
    "def make(depth, width, resolution=8, classes=5): return nn.Sequential(nn.LazyConv2d(4, 3))": (r"lazy", "0.weight"),
    "def make(depth, width, resolution=8, classes=5): return nn.Flatten()": (r"returns \(1, 192\)", ""),
    "def make(depth, width, resolution=8, classes=5): return net(2, 4, classes)": (r"RuntimeError", "image of shape"),
    "def make(depth, width, resolution=8, classes=5):\n    CALLS.append(1)\n    return net(3, len(CALLS), classes)": (
        r"another module the second time: 0\.weight",
        "",
    ),
    "def make(depth, width, resolution=8, classes=5):\n    CALLS.append(1)\n"
    "    act = nn.ReLU if len(CALLS) % 2 else nn.Tanh\n"
    "    return nn.Sequential(act(), *net(3, 4, classes))": (r"another module the second time: 0 is \w+\(\), then", ""),
    "def make(depth, width, resolution=8, classes=5):\n    import random\n    made = net(3, 4, classes)\n"
    "    made[0].bias.data.fill_(random.random())\n    return made": (r"other initial weights", "0.bias"),
    "def make(depth, width, resolution=8, classes=5): return (": (r"SyntaxError|is no Python", "nets.py:10"),
    "def make(depth, width, resolution=8, classes=5):\n    torch.manual_seed(3)\n    return net(3, 4, classes)": (
        r"same initial weights from two torch seeds",
        "manual_seed",
    ),
    "def make(depth, width, resolution=8, classes=5): raise SystemExit(0)": (r"SystemExit: 0", "nets.py:10"),
    "def make(depth, width, resolution='8', classes=5): return net(3, 4, classes)": (r"default resolution='8'", "1000"),
    "make = 3": (r"unknown factory of nets\.py 'make'", "net"),
}


@pytest.mark.parametrize("code", MISTAKES)
def test_a_mistake_in_a_factory_is_one_line(code: str, family: Family) -> None:
    pattern, also = MISTAKES[code]
    with pytest.raises(UserError, match=pattern) as raised:
        family(HEAD + code)
    assert also in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_misspelt_factory_suggests_the_near_one(family: Family) -> None:
    with pytest.raises(UserError, match=r"unknown factory of nets\.py 'make_vg'; did you mean make_vgg\?"):
        family(VGG, factory="make_vg")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing.py", "must be an existing Python file"),
        ("nets.txt", "must be an existing Python file"),
        (".", "must be an existing Python file"),
        (None, r"not set; .*family\.path=my_nets\.py"),
    ],
)
def test_a_file_that_is_none_is_refused(path: str | None, message: str, tmp_path: Path) -> None:
    content = registry.read_yaml("family", "module") | {"path": path and str(tmp_path / path)}
    with pytest.raises(UserError, match=rf"family\.path is .*{message}"):
        registry.build_value("family", content, "module")


def test_code_is_not_run_without_trust(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (tmp_path / "nets.py").write_text(f"open({str(ran)!r}, 'w').close()\n" + VGG)
    content = registry.read_yaml("family", "module") | {"path": str(tmp_path / "nets.py"), "factory": "make_vgg"}
    with pytest.raises(UserError, match=r"trust=true.*on the command line"):
        registry.build_value("family", content, "module")
    assert not ran.exists()


IGNORES = "def make(depth, width, resolution=8, classes=5): return net(3, 4, classes)"


@pytest.mark.parametrize(
    ("rule", "ignored"),
    [(Shares(1, 0, 0), "depth"), (Shares(0, 1, 0), "width"), (Multipliers(d=2, w=2), "depth and width")],
)
def test_a_multiplier_that_is_ignored_is_named(rule: Shares | Multipliers, ignored: str, family: Family) -> None:
    network = family(HEAD + IGNORES)
    with pytest.raises(UserError, match=f"nets.make ignores {ignored}: "):
        fit_network(network, rule, 2.0)
    assert fit_network(network, Shares(0, 0, 1), 4.0).network.side > 8


CHANGES_LATER = """
def make(depth, width, resolution=8, classes=5):
    if width > 1:
        CALLS.append(1)
    return net(3, int(4 * width) + len(CALLS), classes)
"""


def test_a_module_that_changes_later_is_not_blamed_on_the_counters(family: Family) -> None:
    network = replace(family(HEAD + CHANGES_LATER), width=2.0)
    flops = network.factory.count(network).flops
    with pytest.raises(UserError, match=rf"another module each time: .* multiply-adds, {flops:,} then") as raised:
        network.factory.count_norms_and_pools(network)
    assert "fvcore" not in str(raised.value)


def test_the_channels_that_were_tried_are_named(family: Family) -> None:
    with pytest.raises(UserError, match="3 and 1 channels were tried"):
        family(HEAD + "def make(depth, width, resolution=8, classes=5): return net(2, 4, classes)")


LSTM = """
class Net(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.rows = nn.LSTM(channels, 8, batch_first=True)
        self.head = nn.Linear(8, classes)

    def forward(self, x):
        return self.head(self.rows(x.flatten(2).transpose(1, 2))[0][:, -1])

def make(depth, width, resolution=8, classes=5): return Net(3, classes)
"""
LOOP = """
class Loop(nn.Conv2d):
    def forward(self, x):
        for _ in range(200):
            x = super().forward(x)
        return x.mean((2, 3))

def make(depth, width, resolution=8, classes=5): return nn.Sequential(Loop(3, 3, 1), nn.Linear(3, classes))
"""


def test_recurrent_layers_and_endless_modules_are_refused_before_they_are_counted(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=r"nets\.make\(.*rows \(LSTM\)"):
        family(HEAD + LSTM)
    monkeypatch.setattr(counting, "MAX_OPERATIONS", 100)
    with pytest.raises(UserError, match=r"nets\.make\(.*100 operations"):
        family(HEAD + LOOP)


def test_a_probe_of_too_many_operations_leaves_the_side_of_the_network(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MAX_OPERATIONS", 100)
    network = family(HEAD + LOOP.replace("range(200)", "range(x.shape[2])"))
    assert (network.side, network.total_stride) == (8, 1)
