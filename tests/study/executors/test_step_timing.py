from collections.abc import Callable
from dataclasses import replace

import pytest

from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.store.schema import Point
from scaling_lab.study.executors import step_timing


def test_each_network_is_timed_and_one_that_cannot_be_trained_is_not(
    make_point: Callable[[int], Point], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Really trains a few steps. Which network is slower is left to a quiet machine."""
    monkeypatch.setattr(step_timing, "MAX_SECONDS", 0.6)
    small = make_point(0)
    stages = tuple(replace(stage, width=3 * stage.width) for stage in small.network.stages)
    large = replace(small, network=replace(small.network, stages=stages))
    impossible = replace(small, recipe=replace(small.recipe, batch=0))
    first, second, none = step_timing.time_steps([small, large, impossible], ("cpu", "cpu"), ExecutionOptions())
    assert first is not None
    assert second is not None
    assert first > 0
    assert second > 0
    assert none is None
