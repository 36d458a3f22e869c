from collections.abc import Callable
from dataclasses import replace

import pytest

from scaling_lab.engine import probe
from scaling_lab.records import Point


def test_a_wider_network_takes_longer(make_point: Callable[[int], Point], monkeypatch: pytest.MonkeyPatch) -> None:
    """Really trains a few steps; the third network cannot be built."""
    monkeypatch.setattr(probe, "AT_MOST", 0.6)
    small = make_point(0)
    stages = tuple(replace(stage, width=3 * stage.width) for stage in small.network.stages)
    large = replace(small, network=replace(small.network, stages=stages))
    impossible = replace(small, recipe=replace(small.recipe, batch=0))
    fast, slow, none = probe.time_steps([small, large, impossible], workers=2)
    assert fast is not None
    assert slow is not None
    assert 0 < fast < slow < 1
    assert none is None
