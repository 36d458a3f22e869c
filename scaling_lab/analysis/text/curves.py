"""Scaling curves, saved FLOPs and growth in sentences that claim no more than their intervals."""

from scaling_lab.analysis.curves.fit import ScalingCurve, fit_curves
from scaling_lab.analysis.curves.growth import Gain, Growth, measure_growth
from scaling_lab.analysis.curves.savings import FlopsSaving, measure_savings
from scaling_lab.analysis.evidence import Evidence, Setting
from scaling_lab.formatting import DOTS, MINUS, TIMES, format_signed_points

INTERVAL_NOTE = (
    "Brackets are 95 % intervals for other seeds and other test pictures, each for itself and not for all at once."
)


def describe_curves(evidence: Evidence) -> dict[Setting, list[str]]:
    """All that can be said of each setting's curves, growth and saved FLOPs."""
    said: dict[Setting, list[str]] = {setting: [] for setting in evidence.settings}
    found = fit_curves(evidence)
    unfitted: dict[tuple[Setting, str], list[str]] = {}
    for curve in found:
        if curve.reason:
            unfitted.setdefault((curve.setting, curve.reason), []).append(curve.rule)
        else:
            said[curve.setting].append(describe_curve(curve))
    for (setting, reason), rules in unfitted.items():
        said[setting].append(f"{', '.join(rules)}: no scaling curve, because {reason}.")
    for each in measure_savings(found):
        said[each.setting].append(describe_saving(each))
    for one in measure_growth(evidence):
        said[one.setting] += describe_growth(one)
    for own in said.values():
        if any(DOTS in words for words in own):
            own.append(INTERVAL_NOTE)
    return said


def describe_curve(curve: ScalingCurve) -> str:
    """The fit with its intervals, or why there is none."""
    if curve.law is None:
        return f"{curve.rule}: no scaling curve, because {curve.reason}."
    first, last = curve.points[0], curve.points[-1]
    fitted = (
        f"{curve.rule}: error = a + b FLOPs^{MINUS}c over {len(curve.points)} budgets from "
        f"{first.times_flops:g}{TIMES} to {last.times_flops:g}{TIMES} (FLOPs are multiply-adds)"
    )
    if curve.is_flat:
        return f"{fitted}; the error does not fall with FLOPs, and the fit is a flat line."
    limits, powers = curve.coefficient("a"), curve.coefficient("c")
    if limits is None or powers is None:
        return f"{fitted} with c {curve.c:.2f} and a {100 * curve.a:.1f} %; no intervals: {curve.no_band_reason}."
    said = (
        f"{fitted} with c {curve.c:.2f} ({powers[0]:.2f} {DOTS} {powers[1]:.2f}) and a {100 * curve.a:.1f} "
        f"({100 * limits[0]:.1f} {DOTS} {100 * limits[1]:.1f}) %"
    )
    if curve.misfit is not None and curve.misfit < 0.05:
        p = "p < 0.001" if curve.misfit < 0.001 else f"p = {curve.misfit:.2g}"
        return f"{said}; the means lie off it by more than their noise ({p}), so that its intervals do not hold."
    return f"{said}."


def describe_saving(saved: FlopsSaving) -> str:
    """How many times fewer FLOPs, with the interval, or that it is not reached within the data."""
    what = f"the {100 * saved.accuracy:.1f} % that {saved.reference}'s curve has at its largest budget"
    if saved.factor is None:
        return f"{saved.other} does not reach {what} within the data ({TIMES}2){_within(saved)}."
    if saved.is_lower_bound:
        return (
            f"{saved.other} reaches {what} with at least {saved.max_factor:.1f} times fewer FLOPs: its curve is above "
            f"it from half its smallest network on{_within(saved)}."
        )
    by = f"{saved.factor:.2f} times fewer" if saved.factor >= 1 else f"{1 / saved.factor:.2f} times more"
    told = "" if _told(saved) else "; whether fewer or more cannot be told"
    return f"{saved.other} reaches {what} with {by} FLOPs{_within(saved)}{told}."


def describe_growth(growth: Growth) -> list[str]:
    """The gain of each doubling, then the verdict."""
    if not growth.gains:
        return [f"{growth.rule}: no gain of a doubling of FLOPs, because {growth.reason}."]
    gains = f"{growth.rule}, points a doubling of FLOPs: {'; '.join(map(_gain, growth.gains))}."
    return [gains, f"{growth.rule}: {_verdict(growth)}."]


def _verdict(growth: Growth) -> str:
    if growth.reason:
        return f"whether it still grows cannot be told: {growth.reason}"
    last = growth.gains[-1]
    if growth.saturates_from is None:
        return f"still growing at {last.stop.times_flops:g}{TIMES}"
    slow = [gain for gain in growth.gains if gain.start.flops >= growth.saturates_from.flops]
    since = f"from {growth.saturates_from.times_flops:g}{TIMES} on"
    if all(gain.is_below_zero for gain in slow):
        return f"{since} accuracy falls"
    if not any(gain.is_above_zero for gain in slow):
        return f"{since} no gain can be told from 0, which is no proof that there is none"
    if all(gain.is_above_zero for gain in slow):
        return f"{since} every gain is below a quarter of the first"
    return f"{since} every gain is below a quarter of the first or cannot be told to be above 0"


def _gain(gain: Gain) -> str:
    where = f"{gain.start.times_flops:g}{TIMES} to {gain.stop.times_flops:g}{TIMES}"
    if gain.estimate is None:
        return f"{where} {format_signed_points(gain.value)}"
    low, high = gain.estimate.interval()
    return (
        f"{where} {format_signed_points(gain.value)} ({format_signed_points(low)} {DOTS} {format_signed_points(high)})"
    )


def _within(saved: FlopsSaving) -> str:
    if saved.interval is None:
        return " (no interval)"
    low, high = saved.interval
    if (low, high) == (None, None):
        return (
            f" (95 %: beyond what the curve can be read at, {saved.min_factor:.2f} {DOTS} {saved.max_factor:.2f} times)"
        )
    if low is None:
        return f" (95 %: at most {high:.2f} times fewer; the other end is not reached within the data)"
    if high is None:
        return f" (95 %: at least {low:.2f} times fewer)"
    return f" ({low:.2f} {DOTS} {high:.2f} times)"


def _told(saved: FlopsSaving) -> bool:
    if saved.interval is None:
        return False
    low, high = saved.interval
    return (low is not None and low > 1) or (high is not None and high < 1)
