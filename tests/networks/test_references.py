"""Networks against torchvision's and timm's: counts at many multipliers, and the same outputs for the same weights.

tests/references/networks.json holds what scripts/make_references.py read off those libraries; neither is needed here.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from scaling_lab.config.registry import list_names
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.network import Network
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import PAPER
from scaling_lab.networks.scaling.scale import scale
from scaling_lab.training.module import build_module
from tests.networks.forms import PUBLISHED, family, kind
from tests.references.fill import fill, picture

REFERENCES = [
    reference
    for reference in json.loads((Path(__file__).parents[1] / "references" / "networks.json").read_text())
    if reference["family"] in list_names("family")
]


def network(reference: dict[str, Any]) -> Network:
    scaled = scale(family(reference["family"]), Multipliers(reference["depth"], reference["width"]), PAPER)
    return replace(scaled, side=reference["side"], eps=reference["norm_eps"])


WITH_OUTPUTS = sorted(
    (reference for reference in REFERENCES if reference["outputs"]),
    key=lambda reference: reference["flops"],
    reverse=True,
)
QUICK = {
    (kind(family(reference["family"])), reference["depth"] == reference["width"] == 1): reference["name"]
    for reference in WITH_OUTPUTS
}.values()
"""The cheapest networks of each kind, as published and scaled. `make test-slow` compares the outputs of the others,
which differ from these in numbers of blocks and channels only; their counts are compared always."""

WITHOUT: dict[str, str] = {}
"""Published families that no other library has, with the reason."""


def test_every_family_has_references_or_a_reason() -> None:
    assert set(PUBLISHED) == {reference["family"] for reference in REFERENCES} | set(WITHOUT)


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference["name"])
def test_counts_equal_the_references(reference: dict[str, Any]) -> None:
    ours = network(reference)
    counted = network_cost(ours)
    assert list(ours.depths) == reference["depths"]
    assert counted.params == reference["params"]
    assert counted.flops == reference["flops"]
    assert counted.flops_fvcore == reference["flops_fvcore"]
    assert counted.activations == reference["activations"]


@pytest.mark.parametrize(
    "reference",
    [
        pytest.param(reference, id=reference["name"], marks=[pytest.mark.slow] * (reference["name"] not in QUICK))
        for reference in WITH_OUTPUTS
    ],
)
def test_equal_weights_in_layer_order_give_equal_outputs(reference: dict[str, Any]) -> None:
    module = fill(build_module(network(reference)), reference.get("gain", 1.0)).eval()
    with torch.inference_mode():
        logits = module(picture(reference["side"]))
    theirs = torch.tensor(reference["outputs"]["logits"])
    torch.testing.assert_close(logits[:, :8], theirs, rtol=0, atol=1e-4)
    assert float(logits.abs().mean()) == pytest.approx(reference["outputs"]["mean_abs"], abs=1e-4)
