import pytest

from scaling_lab.paper.audit.printed import MILLION, Printed, agree


@pytest.mark.parametrize(
    ("text", "count", "out"),
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
def test_the_printed_digits_decide(text: str, count: int, out: bool) -> None:
    assert Printed(text).comes_out(count) is out


def test_a_drawn_point_also_comes_out_within_one_percent() -> None:
    assert Printed("0.5002", drawn=True).comes_out(495_300_000)
    assert not Printed("0.5002", drawn=True).comes_out(495_100_000)
    assert not Printed("0.5002").comes_out(495_300_000)
    assert Printed("0.39", drawn=True).comes_out(385_814_752)


def test_deviation_is_of_the_count() -> None:
    assert Printed("16.2").off(14_570_749_952) == pytest.approx(-10.06, abs=0.01)
    assert Printed("9.2", MILLION).off(9_109_994) == pytest.approx(-0.98, abs=0.01)


def test_two_printed_numbers_agree_at_the_digits_of_the_shorter() -> None:
    assert agree("1.8", "1.8497")
    assert agree("78.99", "79.0")
    assert not agree("78.84", "78.9")
    assert not agree("0.5002", "0.5004")
