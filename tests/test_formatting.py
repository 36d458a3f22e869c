"""Numbers as text for a reader."""

import pytest

from scaling_lab.formatting import (
    MINUS,
    format_forecast,
    format_magnitude,
    format_signed_points,
    format_sweep_command,
    join_words,
    pluralize,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1.2, "1 s"), (89, "89 s"), (100, "2 min"), (3600, "60 min"), (7200, "2.0 h")],
)
def test_a_duration_has_the_unit_that_fits(seconds: float, text: str) -> None:
    assert format_forecast(seconds) == f"about {text}"


def test_an_unknown_duration() -> None:
    assert format_forecast(None) == "duration unknown"


def test_signs() -> None:
    assert [format_signed_points(share) for share in (0.012, -0.012, -1e-9)] == ["+1.20", f"{MINUS}1.20", "0.00"]


def test_words_and_numbers() -> None:
    assert [join_words("abc"[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert [pluralize(n, "pair") for n in range(3)] == ["0 pairs", "1 pair", "2 pairs"]
    assert [format_magnitude(n) for n in (999, 3.361e6, 2e9)] == ["999", "3.361 million", "2 billion"]


def test_a_command_has_the_overrides_that_count() -> None:
    overrides = ("seed=0,1", "rule=depth", "do=plan", "seed=range(0,3)", "+recipe.ema=0.9", "on_other_plan=extend")
    assert format_sweep_command("sweep", overrides) == (
        "scaling-lab sweep 'seed=range(0,3)' rule=depth +recipe.ema=0.9"
    )
