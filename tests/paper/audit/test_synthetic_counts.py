"""Matches, reach and best reading of rows, on synthetic counts."""

import pytest

from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.paper.audit.printed import MILLION, PrintedNumber
from scaling_lab.paper.audit.readings import Reading, open_choices
from scaling_lab.paper.audit.recount import CountedNetwork, Recount, find_best_reading, recount_row
from scaling_lab.paper.audit.rows import PublishedRow, published_rows

COMPOUND = Multipliers(1.4, 1.2, 1.3)
NO_MATCH = CountedNetwork(224, 9 * 10**9, 1)


def row(flops: str, params: str | None = None) -> PublishedRow:
    printed = None if params is None else PrintedNumber(params, MILLION)
    return PublishedRow(
        "Table 9", "a row", "a network", "mobilenet_v2", "", PrintedNumber(flops), printed, multipliers=COMPOUND
    )


def recount_with(flops: str, *counted: float) -> Recount:
    """Return a recount with some counts in billions, the first under the usual reading."""
    readings = (Reading(), Reading(side="side to a multiple of 8"), Reading(depths="stages to the nearest"))
    counts = {
        reading: CountedNetwork(224, int(billions * 1e9), 1)
        for reading, billions in zip(readings, counted, strict=False)
    }
    return Recount(row(flops), counts=counts)


@pytest.mark.parametrize(
    ("printed", "is_match", "is_beyond"),
    [
        ("0.9", False, True),
        ("1.0", True, False),
        ("1.5", False, False),
        ("2.5", False, True),
        ("2.0", True, False),
    ],
)
def test_out_of_reach_is_below_or_above_every_count(printed: str, is_match: bool, is_beyond: bool) -> None:
    """Of counts of 1.04, 1.2 and 1.98 billion: 1.0 and 2.0 lie outside of them, but two of the counts match them."""
    recount = recount_with(printed, 1.2, 1.98, 1.04)
    assert bool(recount.matching_counts) is is_match
    assert recount.is_out_of_reach is is_beyond


@pytest.mark.parametrize(
    ("params", "usual", "other", "fits"),
    [("66", 66.35, 64.25, False), ("66", 66.35, 65.9, True), ("9.2", 9.11, 9.0, True), (None, 66.35, 64.25, True)],
)
def test_parameters_must_match_too_if_the_usual_count_matches_them(
    params: str | None, usual: float, other: float, fits: bool
) -> None:
    """If the usual count does not match them, or the row prints none, FLOPs decide alone."""
    first, second = (
        CountedNetwork(600, 37_746 * 10**6, int(usual * 1e6)),
        CountedNetwork(600, 37_449 * 10**6, int(other * 1e6)),
    )
    head_kept = Reading(ends="head kept")
    recount = Recount(row("37", params), counts={Reading(): first, head_kept: second})
    assert recount.matches(second) is fits
    assert recount.matching_counts == ({second: head_kept} if fits else {})


def test_b7_with_its_head_kept_matches_37_billion_but_not_66_million() -> None:
    (b7,) = [row for row in published_rows() if (row.table, row.label) == ("Table 2", "EfficientNet-B7")]
    recount = recount_row(b7)
    count = recount.count_under(Reading(ends="head kept"))
    assert (round(count.flops / 1e9, 2), round(count.params / 1e6, 2)) == (37.45, 64.25)
    assert recount.printed.matches(count.flops)
    assert not recount.matches(count)
    assert recount.matching_counts == {}


@pytest.mark.parametrize(
    ("matching", "nearest"),
    [
        ([Reading(ends="head kept", side="side to a multiple of 8"), Reading(depths="stages to the nearest")], 1),
        ([Reading(), Reading(side="side to a multiple of 8")], 0),
    ],
)
def test_a_tie_goes_to_the_reading_nearest_to_the_usual(matching: list[Reading], nearest: int) -> None:
    """Independent of their order among all readings."""
    choices = open_choices("mobilenet_v2", COMPOUND)
    match = CountedNetwork(224, 10**9, 1)
    recount = Recount(
        row("1.0"), choices, {reading: match if reading in matching else NO_MATCH for reading in choices.readings()}
    )
    best = find_best_reading([recount])
    assert best is not None
    assert (best.reading, len(best.rows), best.total) == (matching[nearest], 1, 1)


def test_more_rows_beat_a_nearer_reading() -> None:
    choices = open_choices("mobilenet_v2", COMPOUND)
    far, match = Reading(ends="head kept", side="side to a multiple of 8"), CountedNetwork(224, 10**9, 1)
    counted = {reading: match if reading == far else NO_MATCH for reading in choices.readings()}
    usual_too = {reading: match if reading in (far, Reading()) else NO_MATCH for reading in choices.readings()}
    best = find_best_reading([Recount(row("1.0"), choices, counted), Recount(row("1.0"), choices, usual_too)])
    assert best is not None
    assert (best.reading, len(best.rows), best.total) == (far, 2, 2)
