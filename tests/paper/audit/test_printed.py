"""When a count matches a printed number."""

import pytest

from scaling_lab.paper.audit.printed import MILLION, PrintedNumber, agree_as_printed


@pytest.mark.parametrize(
    ("text", "count", "is_match"),
    [
        ("0.39", 385_814_752, True),
        ("0.70", 686_800_000, False),
        ("0.7", 686_800_000, True),
        ("1.0", 993_600_000, True),
        ("19", 19_067_600_000, True),
        ("37", 37_745_884_192, False),
        ("2.2", 2_250_000_000, False),
        ("2.3", 2_250_000_000, True),
    ],
)
def test_a_count_matches_at_the_printed_digits(text: str, count: int, is_match: bool) -> None:
    assert PrintedNumber(text).matches(count) is is_match


def test_a_count_within_one_percent_matches_a_drawn_point() -> None:
    assert PrintedNumber("0.5002", is_drawn=True).matches(495_300_000)
    assert not PrintedNumber("0.5002", is_drawn=True).matches(495_100_000)
    assert not PrintedNumber("0.5002").matches(495_300_000)
    assert PrintedNumber("0.39", is_drawn=True).matches(385_814_752)


def test_deviation_is_relative_to_the_printed_number() -> None:
    assert PrintedNumber("16.2").deviation(14_570_749_952) == pytest.approx(-10.06, abs=0.01)
    assert PrintedNumber("9.2", MILLION).deviation(9_109_994) == pytest.approx(-0.98, abs=0.01)


def test_two_printed_numbers_agree_at_the_digits_of_the_shorter() -> None:
    assert agree_as_printed("1.8", "1.8497")
    assert agree_as_printed("78.99", "79.0")
    assert not agree_as_printed("78.84", "78.9")
    assert not agree_as_printed("0.5002", "0.5004")
