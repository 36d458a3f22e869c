"""FLOPs saved at equal accuracy against known factors."""

import pytest
from scipy.stats import binom

from scaling_lab.analysis.curves.fit import fit_curves
from scaling_lab.analysis.curves.savings import measure_saving, measure_savings
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.text.curves import describe_saving

SLOW, FAST = (0.05, 0.07, 0.3), (0.05, 0.07, 0.5)
TRUTH = 16 / 16 ** (0.3 / 0.5)


def test_the_synthetic_factor_is_found(synthetic_curves):
    slow, fast = fit_curves(collect_evidence(synthetic_curves({"slow": SLOW, "fast": FAST}, seeds=20, pictures=50_000)))
    saving = measure_saving(slow, fast)
    assert (saving.reference, saving.other, saving.flops) == ("slow", "fast", 16e6)
    assert saving.factor == pytest.approx(TRUTH, rel=0.1)
    assert saving.interval[0] < TRUTH < saving.interval[1]
    assert saving.accuracy == pytest.approx(1 - 0.05 - 0.07 * 16**-0.3, abs=0.003)
    back = measure_saving(fast, slow)
    assert back.factor is None
    assert [(saving.reference, saving.other) for saving in measure_savings([slow, fast])] == [("slow", "fast")]


def test_the_interval_covers_the_true_factor(synthetic_curves):
    hits = 0
    for rng in range(20):
        slow, fast = fit_curves(
            collect_evidence(synthetic_curves({"slow": SLOW, "fast": FAST}, pictures=1000, rng=rng)), 300
        )
        low, high = measure_saving(slow, fast).interval
        hits += (low or 0) <= TRUTH <= (high or float("inf"))
    assert hits >= binom.ppf(0.001, 20, 0.93)


def test_beyond_twice_the_data_is_not_reached(synthetic_curves):
    """Beyond the data itself where the fit is not accepted."""
    extrapolations = set()
    for rng in range(8):
        table = synthetic_curves({"good": (0.02, 0.1, 0.8), "bad": (0.1, 0.02, 0.8)}, rng=rng)
        good, bad = fit_curves(collect_evidence(table), 400)
        saving = measure_saving(good, bad)
        assert saving.may_extrapolate == (bad.misfit > 0.2)
        assert (saving.factor, saving.is_lower_bound, saving.interval) == (None, False, (None, None))
        assert saving.min_factor == pytest.approx(0.5 if bad.misfit > 0.2 else 1)
        words = "within twice its largest FLOPs" if saving.may_extrapolate else "within its measured FLOPs"
        assert words in describe_saving(saving)
        extrapolations.add(saving.may_extrapolate)
    assert extrapolations == {False, True}


def test_below_half_the_smallest_is_only_known_to_be_more(synthetic_curves):
    falling = {"falling": (0.0, 0.12, -0.2), "good": (0.0, 0.12, 0.05)}
    table = synthetic_curves(falling)
    falling, good = fit_curves(collect_evidence(table[(table["times_flops"] > 1)]))
    saving = measure_saving(falling, good)
    assert saving.is_lower_bound
    assert not saving.may_extrapolate
    assert saving.factor == saving.max_factor == pytest.approx(16 / 2)


def test_curves_that_cannot_be_compared_are_refused(synthetic_curves):
    table = synthetic_curves({"slow": SLOW, "fast": FAST})
    slow, _ = fit_curves(collect_evidence(table))
    _, other = fit_curves(collect_evidence(table))
    with pytest.raises(ValueError, match=r"slow.*fast.*fit_curves"):
        measure_saving(slow, other)
    (short,) = fit_curves(collect_evidence(synthetic_curves({"short": SLOW}, (1, 2))))
    with pytest.raises(ValueError, match="short has no curve"):
        measure_saving(short, slow)


def test_without_bands_there_is_no_interval(synthetic_curves):
    (saving,) = measure_savings(fit_curves(collect_evidence(synthetic_curves({"slow": SLOW, "fast": FAST}, seeds=2))))
    assert saving.interval is None
