"""What a row's counts say of it, on counts that are planted: what fits, what is out of reach, which reading is best."""

import pytest

from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.paper.audit.printed import MILLION, Printed
from scaling_lab.paper.audit.readings import Reading, options
from scaling_lab.paper.audit.recount import Count, Recount, best, recount
from scaling_lab.paper.audit.rows import Row, rows

COMPOUND = Multipliers(1.4, 1.2, 1.3)
NOWHERE_NEAR = Count(224, 9 * 10**9, 1)


def row(flops: str, params: str | None = None) -> Row:
    printed = None if params is None else Printed(params, MILLION)
    return Row("Table 9", "a row", "a network", "mobilenet_v2", "", Printed(flops), printed, by=COMPOUND)


def planted(flops: str, *counted: float) -> Recount:
    """The readings do not matter; the first count is the usual one."""
    readings = (Reading(), Reading(side="side to a multiple of 8"), Reading(depths="stages to the nearest"))
    counts = {told: Count(224, int(each * 1e9), 1) for told, each in zip(readings, counted, strict=False)}
    return Recount(row(flops), counts=counts)


@pytest.mark.parametrize(
    ("printed", "fits", "beyond"),
    [
        ("0.9", False, True),
        ("1.0", True, False),
        ("1.5", False, False),
        ("2.5", False, True),
        ("2.0", True, False),
    ],
)
def test_out_of_reach_is_below_or_above_every_count(printed: str, fits: bool, beyond: bool) -> None:
    """Of counts of 1.04, 1.2 and 1.98 billion: 1.0 and 2.0 lie outside of them, but two of the counts print them."""
    each = planted(printed, 1.2, 1.98, 1.04)
    assert bool(each.fitting) is fits
    assert each.out_of_reach is beyond


@pytest.mark.parametrize(
    ("params", "usual", "other", "fits"),
    [("66", 66.35, 64.25, False), ("66", 66.35, 65.9, True), ("9.2", 9.11, 9.0, True), (None, 66.35, 64.25, True)],
)
def test_parameters_that_the_usual_count_prints_must_come_out_too(
    params: str | None, usual: float, other: float, fits: bool
) -> None:
    """Where the usual count does not print them itself, or the row prints none, the FLOPs decide alone."""
    first, second = Count(600, 37_746 * 10**6, int(usual * 1e6)), Count(600, 37_449 * 10**6, int(other * 1e6))
    departed = Reading(ends="head kept")
    each = Recount(row("37", params), counts={Reading(): first, departed: second})
    assert each.prints(second) is fits
    assert each.fitting == ({second: departed} if fits else {})


def test_b7_with_its_head_kept_prints_37_billion_but_not_66_million() -> None:
    (b7,) = [one for one in rows() if (one.table, one.label) == ("Table 2", "EfficientNet-B7")]
    each = recount(b7)
    kept = each.under(Reading(ends="head kept"))
    assert (round(kept.flops / 1e9, 2), round(kept.params / 1e6, 2)) == (37.45, 64.25)
    assert each.printed.comes_out(kept.flops)
    assert not each.prints(kept)
    assert each.fitting == {}


@pytest.mark.parametrize(
    ("fitting", "nearest"),
    [
        ([Reading(ends="head kept", side="side to a multiple of 8"), Reading(depths="stages to the nearest")], 1),
        ([Reading(), Reading(side="side to a multiple of 8")], 0),
    ],
)
def test_a_tie_goes_to_the_reading_nearest_to_the_usual(fitting: list[Reading], nearest: int) -> None:
    """Whichever of them comes first among all readings."""
    left = options("mobilenet_v2", COMPOUND)
    fits = Count(224, 10**9, 1)
    each = Recount(row("1.0"), left, {told: fits if told in fitting else NOWHERE_NEAR for told in left.readings()})
    found = best([each])
    assert found is not None
    assert (found.reading, len(found.out), found.rows) == (fitting[nearest], 1, 1)


def test_more_rows_beat_a_nearer_reading() -> None:
    left = options("mobilenet_v2", COMPOUND)
    far, fits = Reading(ends="head kept", side="side to a multiple of 8"), Count(224, 10**9, 1)
    counted = {told: fits if told == far else NOWHERE_NEAR for told in left.readings()}
    usual_too = {told: fits if told in (far, Reading()) else NOWHERE_NEAR for told in left.readings()}
    found = best([Recount(row("1.0"), left, counted), Recount(row("1.0"), left, usual_too)])
    assert found is not None
    assert (found.reading, len(found.out), found.rows) == (far, 2, 2)
