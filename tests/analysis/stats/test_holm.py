"""Holm's correction of p values."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_lab.analysis.stats.holm import adjust_p_values


def test_holm_of_a_worked_example():
    assert adjust_p_values([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert adjust_p_values([]) == []


@given(st.lists(st.floats(0, 1), max_size=6))
def test_holm_keeps_the_order_and_never_lowers(ps):
    corrected = adjust_p_values(ps)
    assert all(raw <= p <= 1 for raw, p in zip(ps, corrected, strict=True))
    assert all(p <= min(1, len(ps) * raw) for raw, p in zip(ps, corrected, strict=True))
    in_order = [p for _, p in sorted(zip(ps, corrected, strict=True))]
    assert in_order == sorted(in_order)


def test_holm_does_not_depend_on_the_order():
    ps = (0.01, 0.02, 0.02, 0.6)
    for turned in permutations(range(4)):
        assert adjust_p_values([ps[i] for i in turned]) == [adjust_p_values(ps)[i] for i in turned]
