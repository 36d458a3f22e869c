"""Numbers as a reader sees them."""

from scaling_lab.formatting import format_forecast


def test_durations_are_told_in_the_unit_that_fits() -> None:
    assert [format_forecast(s) for s in (1.2, 89, 100, 3600, 7200)] == [
        "about 1 s",
        "about 89 s",
        "about 2 min",
        "about 60 min",
        "about 2.0 h",
    ]
