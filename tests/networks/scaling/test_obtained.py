"""Networks that are or are not their rule's, by shares."""

import pytest

from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.obtained import match_shares
from scaling_lab.networks.scaling.shares import Shares, compound

COMPOUND = compound(1.2, 1.1, 1.15).multipliers(2)


@pytest.mark.parametrize(
    ("obtained", "difference", "is_off"),
    [((0.25, 0.16, 0.59), 0.165, True), ((0.28, 0.29, 0.43), 0.005, False), ((0.28, 0.38, 0.34), 0.09, False)],
)
def test_a_network_more_than_a_tenth_off_is_not_its_rules(obtained, difference, is_off):
    shares = match_shares(COMPOUND, obtained)
    assert shares.requested == pytest.approx((0.281, 0.294, 0.425), abs=0.004)
    assert shares.difference == pytest.approx(difference, abs=0.005)
    assert shares.is_off == is_off


def test_a_tenth_itself_is_near_enough():
    assert not match_shares(Shares(0, 0.9, 0.1).multipliers(4), (0.1, 0.9, 0.0)).is_off


def test_what_splits_no_budget_has_no_shares():
    assert match_shares(Multipliers(), (1.0, 0.0, 0.0)) is None
    assert match_shares(COMPOUND, None) is None
    assert match_shares(Multipliers(1.2, 0.8, 0.86), (0.1, 0.5, 0.4)) is None
