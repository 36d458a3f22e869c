"""The sentence of a plan on its power."""

from collections.abc import Callable

import pytest

from scaling_lab.analysis.stats.planned_power import LOUD_NOISE, QUIET_NOISE, smallest_decided
from scaling_lab.study.plan import plan_study
from scaling_lab.study.planned_power import describe_power
from scaling_lab.study.resolve_question import QuestionSpec

MakeSpec = Callable[..., QuestionSpec]


def planned(make_spec: MakeSpec, rules: tuple[str, ...], seeds: int, times: tuple[float, ...] = (1, 2)) -> str:
    specs = [make_spec(rule=r, times_flops=t, seed=s) for r in rules for t in times for s in range(seeds)]
    return describe_power(plan_study("s", (), specs))


@pytest.mark.parametrize("seeds", [3, 5])
def test_the_difference_is_that_of_the_seeds_and_pairs(make_spec: MakeSpec, seeds: int) -> None:
    sentence = planned(make_spec, ("depth", "width", "resolution"), seeds)
    images = int(sentence.split(" test images")[0].rpartition(" ")[2].replace(",", ""))
    for count in (seeds, 2 * seeds):
        low, high = (100 * smallest_decided(count, images, 3, 3, noise) for noise in (QUIET_NOISE, LOUD_NOISE))
        assert f"{low:.1f} to {high:.1f} points apart" in sentence
    assert "3 pairs" in sentence


def test_two_seeds_have_no_power(make_spec: MakeSpec) -> None:
    assert "3 seeds" in planned(make_spec, ("depth", "width"), 2)


def test_nothing_is_printed_without_a_comparison(make_spec: MakeSpec) -> None:
    assert planned(make_spec, ("depth",), 3) == ""
    assert planned(make_spec, ("depth", "width"), 3, times=(1,)) == ""
