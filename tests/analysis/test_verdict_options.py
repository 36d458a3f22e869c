"""Contrasts as texts: names of rules may contain the dash that joins them."""

import pytest

from scaling_lab.analysis.verdict_options import VerdictOptions, parse_contrasts
from scaling_lab.errors import UserErrors

RULES = ("compound", "depth", "width", "half-half", "half", "compound(alpha=1.2)")


@pytest.mark.parametrize(
    ("texts", "pairs"),
    [
        (["compound-width", "compound-depth"], (("compound", "width"), ("compound", "depth"))),
        (["half-half-depth", " depth - half-half "], (("half-half", "depth"),)),
        (["compound(alpha=1.2)-half"], (("compound(alpha=1.2)", "half"),)),
        ([], ()),
    ],
)
def test_the_dash_between_two_known_rules_splits(texts, pairs):
    assert parse_contrasts("contrasts", texts, RULES) == pairs


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("compund-width", ("compund", "did you mean compound?")),
        ("width-half-halt", ("half-halt", "half-half")),
        ("compound", ("compound-width", "does not name two rules")),
        ("depth-depth", ("depth-depth", "does not name two rules")),
        ("", ("''",)),
        ("-width", ("-width",)),
    ],
)
def test_a_mistake_is_named_with_what_is_near(text, parts):
    with pytest.raises(UserErrors) as raised:
        parse_contrasts("--contrasts", [text, "depth-width"], RULES)
    (message,) = raised.value.messages
    assert all(part in message for part in ("--contrasts", *parts))


def test_a_name_that_can_be_split_in_two_ways_is_refused():
    with pytest.raises(UserErrors, match="several ways"):
        parse_contrasts("contrasts", ["a-b-c"], ("a", "b-c", "a-b", "c"))


def test_networks_are_planned_under_any_of_their_names():
    options = VerdictOptions.from_points((("compound", "width"),), 0.5)
    assert options.delta == pytest.approx(0.005)
    assert options.is_planned(("width",), ("uniform", "compound"))
    assert not options.is_planned(("depth",), ("uniform", "compound"))
    assert VerdictOptions().is_planned(("a",), ("b",))
