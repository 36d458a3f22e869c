"""Describe the agreement of two rankings in sentences."""

from collections.abc import Sequence

from scaling_lab.analysis.agreement import TAIL, Agreement, PairCount
from scaling_lab.analysis.places import STUDY, Place
from scaling_lab.analysis.text.metrics import describe_images, format_with_interval
from scaling_lab.analysis.text.pairs import format_p_value
from scaling_lab.formatting import DOTS, MINUS, TIMES, format_interval, format_points, join_words, pluralize

_AXIS_WORDS = {
    "budget": "budget",
    "length": "length of training",
    "recipe": "recipe",
    "lr_times": "learning rate",
    "rounding": "rounding",
    "family": "family",
    "dataset": "dataset",
    STUDY: "study",
}


def format_agreement_title(agreement: Agreement) -> str:
    """Return the two places by what they differ in, and what they have in common: `2.25x and 4x: resnet, cifar10`."""
    return f"{format_place(agreement, 0)} and {format_place(agreement, 1)}{_format_common(agreement)}"


def format_place(agreement: Agreement, which: int) -> str:
    """Return what distinguishes one of the two places from the other: `2.25x`, `8 epochs`, or the name of a dataset."""
    place = (agreement.first, agreement.second)[which]
    axes = agreement.axis.split("+")
    return ", ".join(_format_axis(axis, place) for axis in axes)


def format_axes(axes: str) -> str:
    """Return what two places differ in, in words."""
    return join_words(_AXIS_WORDS[axis] for axis in axes.split("+"))


def summarize_agreement(agreement: Agreement) -> str:
    """Return a headline: in how many pairs of rules the rankings agree, and Kendall's tau, with intervals."""
    first, second = format_place(agreement, 0), format_place(agreement, 1)
    count = agreement.every
    if not count.pairs:
        return f"At {first} and {second} no two rules have different networks."
    tau = "" if agreement.tau is None else f"; Kendall's tau {format_kendall_tau(agreement)}"
    return (
        f"The ranking of {len(agreement.rules)} rules at {first} agrees with that at {second} in {count.same} of "
        f"{count.pairs} pairs{_format_share_interval(count)}{tau}."
    )


def describe_agreement(agreement: Agreement) -> list[str]:
    """Return the headline, what is told apart, what the noise explains, what the choice costs, and what is left out."""
    sentences = [summarize_agreement(agreement)]
    first, second = format_place(agreement, 0), format_place(agreement, 1)
    if agreement.no_interval:
        sentences.append(f"No interval: {agreement.no_interval}.")
    if agreement.apart_at_first.pairs:
        apart, both = agreement.apart_at_first, agreement.apart_at_both
        sentences.append(
            f"{format_share(apart)} of the pairs told apart at {first} have the same sign at {second}; of "
            f"{pluralize(both.pairs, 'pair')} told apart at both, {both.same}."
        )
    elif not agreement.no_interval:
        sentences.append(f"No two rules are told apart at {first}.")
    sentences += [text for text in (_describe_noise(agreement.every), _describe_choice(agreement)) if text]
    if agreement.left_out:
        sentences.append(f"Left out, because only one of them has a network: {join_words(agreement.left_out)}.")
    return sentences


def summarize_agreements(agreements: Sequence[Agreement]) -> list[str]:
    """Return a sentence for each axis: in how many pairs two rankings agree, and how often noise explains the rest."""
    by_axis: dict[str, list[Agreement]] = {}
    for agreement in agreements:
        by_axis.setdefault(agreement.axis, []).append(agreement)
    return [_summarize_axis(axis, members) for axis, members in by_axis.items()]


def describe_agreement_method(agreements: Sequence[Agreement]) -> str:
    """Return sentences on intervals and tests; none without agreements."""
    if not agreements:
        return ""
    metrics = [place.metric for agreement in agreements for place in (agreement.first, agreement.second)]
    images = describe_images(min(metrics, key=lambda metric: metric.has_answers))
    return (
        "Intervals are 95 % for the share of pairs of rules with the same sign in truth; they count other seeds and "
        f"{images}. Two noisy rankings agree less than the true ones, so the share that the same true "
        "ranking would have is given. Told apart: p < 0.05 after Holm's correction for all pairs of rules of one place."
    )


def format_share(count: PairCount) -> str:
    """Return `9 of 10 (70 ... 100 % in truth)`; empty without pairs."""
    return f"{count.same} of {count.pairs}{_format_share_interval(count)}" if count.pairs else ""


def format_kendall_tau(agreement: Agreement) -> str:
    """Return Kendall's tau as `0.8 (0.5 ... 1.0)`; empty without one."""
    ends = (agreement.tau, *(agreement.tau_interval or ()))
    tau, *interval = ("" if end is None else f"{end + 0.0:.1f}".replace("-", MINUS) for end in ends)
    return f"{tau} ({f' {DOTS} '.join(interval)})" if interval else tau


def _summarize_axis(axis: str, agreements: Sequence[Agreement]) -> str:
    pairs, same = (sum(getattr(agreement.every, name) for agreement in agreements) for name in ("pairs", "same"))
    compared = pluralize(len(agreements), "comparison")
    tested = [agreement.every.p_same for agreement in agreements if agreement.every.p_same is not None]
    other = sum(p < TAIL for p in tested)
    excluded = f"; they differ by more than noise in {other} of {len(tested)}" if tested else "; no interval"
    return (
        f"Same rules, other {format_axes(axis)}: the rankings agree in {same} of {pairs} pairs of rules "
        f"({compared}){excluded}."
    )


def _describe_noise(count: PairCount) -> str:
    if count.expected is None or count.p_same is None:
        return ""
    expected = (
        f"{format_points(count.expected, 0)} % of pairs would agree on average if the true rankings were the same"
    )
    if count.p_same < TAIL:
        return f"Noise does not explain the difference: {expected} (p {format_p_value(count.p_same)})."
    return f"The same true ranking is not excluded: {expected} (p {format_p_value(count.p_same)})."


def _describe_choice(agreement: Agreement) -> str:
    first, second = agreement.leaders
    if first == second:
        return f"{first} has the highest mean at both."
    metric = agreement.first.metric
    regret = f"{format_with_interval(agreement.regret, agreement.regret_interval, metric)} {metric.unit}"
    return (
        f"{first} has the highest mean at {format_place(agreement, 0)} and {second} at {format_place(agreement, 1)}, "
        f"where {first} is {regret} worse than the best."
    )


def _format_share_interval(count: PairCount) -> str:
    if count.interval is None:
        return ""
    return f" ({format_interval(count.interval, 0).strip('()')} % in truth)"


def _format_axis(axis: str, place: Place) -> str:
    setting = place.setting
    if axis == "budget":
        return f"{place.times_flops:g}{TIMES}"
    if axis == "length":
        return f"{place.epochs} epochs" if place.epochs is not None else setting.recipe
    if axis == "lr_times":
        return f"learning rate {TIMES}{setting.lr_times:g}"
    return place.study if axis == "study" else str(getattr(setting, axis))


def _format_common(agreement: Agreement) -> str:
    """Return what both places have in common, after a colon."""
    axes, place = agreement.axis.split("+"), agreement.first
    parts = [_format_axis(axis, place) for axis in ("family", "budget", "dataset") if axis not in axes]
    if "recipe" not in axes:
        recipe = place.setting.recipe
        parts.append(f"recipe {place.coordinates['recipe'] if 'length' in axes else recipe}")
    studies = list(dict.fromkeys((agreement.first.study, agreement.second.study)))
    return f": {', '.join(parts)}" + (f" ({join_words(studies)})" if len(studies) > 1 else "")
