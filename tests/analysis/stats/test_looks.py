"""The correction of p values for repeated looks."""

from collections.abc import Callable
from dataclasses import astuple, replace
from itertools import accumulate

import numpy as np
import pytest

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.stats.looks import (
    INTERIM_SHARE,
    CorrectedTest,
    Look,
    PairTest,
    correct_for_looks,
    divide_error_rate,
    list_looks,
    pair_data,
)


def test_parts_of_the_error_rate() -> None:
    assert divide_error_rate([None] * 4) == pytest.approx([0.8, 0.1, 0.1 / 3, 0.1 / 6])
    assert sum(divide_error_rate([None] * 1000)) == pytest.approx(1, abs=0.001)
    assert divide_error_rate([0.1, None, 0.5, None]) == pytest.approx([0.1, 0.72, 0.09, 0.045])


@pytest.mark.parametrize("shares", [[None], [1.0, None], [0.0, None, None], [0.3, 1.0, None, 0.2], [0.5] * 60])
def test_parts_never_exceed_the_error_rate(shares: list[float | None]) -> None:
    assert max(accumulate(divide_error_rate(shares))) <= 1 + 1e-12


def pair_test(data: str, difference: float, p: float, share: float | None = None) -> PairTest:
    return PairTest(frozenset(data), difference, p, share)


def test_a_verdict_that_was_reached_stays() -> None:
    first, second = pair_test("a", 0.01, 0.004), pair_test("ab", 0.01, 0.2)
    assert astuple(correct_for_looks([first])) == pytest.approx((0.005, 1, 0.8, 0.1, False))
    assert astuple(correct_for_looks([first, second])) == pytest.approx((0.005, 2, 0.1, 0.1 / 3, False))
    assert correct_for_looks([second, pair_test("abc", 0.01, 0.004)]).p == pytest.approx(0.04)


def test_a_difference_that_turned_round_has_no_earlier_evidence() -> None:
    assert correct_for_looks([pair_test("a", -0.01, 0.004), pair_test("ab", 0.01, 0.05)]).p == pytest.approx(0.5)
    assert correct_for_looks([pair_test("a", 0.0, 0.004), pair_test("ab", 0.0, 0.05)]).p == pytest.approx(0.005)


def test_looks_at_the_same_data_are_one_look() -> None:
    same = pair_test("a", 0.01, 0.03)
    assert correct_for_looks([same, same, same]) == correct_for_looks([same])


def test_a_look_that_may_spend_nothing_says_nothing() -> None:
    assert correct_for_looks([pair_test("a", 0.01, 1e-9, 0.0)]) == CorrectedTest(1.0, 1, 0.0, 0.8, False)


def test_candidates_as_they_were(make_cell: Callable[..., Cell]) -> None:
    a, b = (make_cell(np.eye(5, 8), name) for name in "ab")
    keys = frozenset(a.keys[:4] + b.keys[:2])
    looks = [Look(frozenset()), Look(keys, share=0.3), Look(keys)]
    early, present = list_looks({"a": [(a, 1.0)], "b": [(b, 1.0)]}, looks)
    assert early.share("a") == 0.3
    assert list(early.candidates) == ["a"]  # b had two seeds
    ((cell, weight),) = early.candidates["a"]
    assert (cell.keys, weight) == (a.keys[:4], 1.0)
    assert present.candidates == {"a": [(a, 1.0)], "b": [(b, 1.0)]}


def test_a_network_is_the_same_cell_in_all_candidates_of_a_look(make_cell: Callable[..., Cell]) -> None:
    """Otherwise it would not cancel out of a difference."""
    a, b = (make_cell(np.eye(5, 8), name) for name in "ab")
    look = Look(frozenset(a.keys[:3] + b.keys[:3]))
    early, _ = list_looks({"a": [(a, 1.0)], "b": [(a, 0.5), (b, 0.5)]}, [look])
    assert early.candidates["a"][0][0] is early.candidates["b"][0][0]
    assert pair_data([*early.candidates["a"], *early.candidates["b"]]) == look.finished
    assert pair_data([(a, 1.0), (a, -1.0)]) == frozenset()


def test_looks_at_the_present_data_are_not_another_look(make_cell: Callable[..., Cell]) -> None:
    cell = make_cell(np.eye(5, 8))
    (only,) = list_looks({"a": [(cell, 1.0)]}, [Look(frozenset(cell.keys), share=0.4)])
    assert only.share("a") == 0.4
    assert only.candidates["a"][0][0] is cell


def test_a_look_while_planned_points_wait_is_an_interim_look(make_cell: Callable[..., Cell]) -> None:
    a, b = (make_cell(np.eye(5, 8), name) for name in "ab")
    first = frozenset(a.keys[:3] + b.keys)
    looks = [Look(first, frozenset(a.keys[3:]))]
    early, present = list_looks({"a": [(a, 1.0)], "b": [(b, 1.0)]}, looks)
    assert (early.share("a", "b"), early.share("b")) == (INTERIM_SHARE, None)
    assert present.share("a", "b") is None
    (now,) = list_looks({"a": [(replace(a, waiting=frozenset("x")), 1.0)]}, [])
    assert now.share("a") == INTERIM_SHARE


def test_points_that_are_given_up_make_an_interim_look_a_full_one(make_cell: Callable[..., Cell]) -> None:
    cell = make_cell(np.eye(5, 8))
    looks = [Look(frozenset(cell.keys), frozenset("x"))]
    waiting = {"a": [(replace(cell, waiting=frozenset("x")), 1.0)]}
    assert [look.share("a") for look in list_looks(waiting, looks)] == [INTERIM_SHARE]
    assert [look.share("a") for look in list_looks({"a": [(cell, 1.0)]}, looks)] == [None]


def test_an_interim_look_costs_the_final_one_little() -> None:
    interim, final = pair_test("a", 0.01, 0.03, INTERIM_SHARE), pair_test("ab", 0.01, 0.03)
    assert correct_for_looks([interim, final]).p == pytest.approx(0.03 / (0.95 * 0.8))
    full = replace(interim, share=None)
    assert correct_for_looks([interim, full]) == correct_for_looks([full, interim]) == correct_for_looks([full])
