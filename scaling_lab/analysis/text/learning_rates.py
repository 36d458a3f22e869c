"""Describe in sentences the best learning rate of each network, and whether it moves with the size."""

from collections.abc import Iterable, Sequence

from scaling_lab.analysis.rates.best import BestRate
from scaling_lab.analysis.rates.slopes import RateSlope, RateTrend, fit_trends
from scaling_lab.analysis.setting import Setting
from scaling_lab.formatting import DOTS, format_estimate, join_words, pluralize

MAX_NETWORKS = 12
"""Largest number of networks of a setting that are described one by one."""


def describe_rates(rates: Sequence[BestRate]) -> dict[str, list[str]]:
    """Return the sentences on each setting, by its title: a summary, one per network, and the slopes."""
    trends = {trend.setting: trend for trend in fit_trends(rates)}
    described = {}
    for setting, group in _by_setting(rates).items():
        sentences = [_summarize(group), *(_describe_network(rate) for rate in group[:MAX_NETWORKS])]
        if left := len(group) - MAX_NETWORKS:
            sentences += [f"{pluralize(left, 'further network')} in the exported table learning_rates."] * (left > 0)
        slopes = _describe_slopes(trends[setting]) if setting in trends else []
        described[_name(setting, group)] = [*sentences, *slopes]
    return described


def summarize_rates(rates: Sequence[BestRate]) -> list[str]:
    """Return one sentence per setting: how many networks are best at which rate."""
    return [f"{_name(setting, group)}. {_summarize(group)}" for setting, group in _by_setting(rates).items()]


def describe_trends(trends: Iterable[RateTrend]) -> list[str]:
    """Return the sentences on the slopes of all settings."""
    return [f"{trend.setting.family}: {sentence}" for trend in trends for sentence in _describe_slopes(trend)]


def _by_setting(rates: Sequence[BestRate]) -> dict[Setting, list[BestRate]]:
    groups: dict[Setting, list[BestRate]] = {}
    for rate in rates:
        groups.setdefault(rate.grid.setting, []).append(rate)
    return groups


def _name(setting: Setting, group: Sequence[BestRate]) -> str:
    return f"{setting.family}, {pluralize(len(group), 'network')} at several learning rates; {setting}"


def _summarize(group: Sequence[BestRate]) -> str:
    best = sorted({rate.best for rate in group})
    counts = join_words(f"{factor:g} for {sum(rate.best == factor for rate in group)}" for factor in best)
    tried = join_words(f"{factor:g}" for factor in sorted({factor for rate in group for factor in rate.grid.tried}))
    sentence = f"Best of {tried} times the recipe's learning rate by held-out accuracy: {counts}."
    if edges := [rate.grid.name for rate in group if rate.edge]:
        sentence += f" At the edge of the grid, so that a wider one might contain a better rate: {join_words(edges)}."
    if flat := [rate.grid.name for rate in group if rate.interval and len(rate.may_be_best) > 1]:
        sentence += f" {pluralize(len(flat), 'network')} with several rates that cannot be told from the best."
    return sentence


def _describe_network(rate: BestRate) -> str:
    place = {0: "", -1: ", the lowest that was tried", 1: ", the highest that was tried"}[rate.edge]
    sentence = f"{rate.grid.name}: best at {rate.value:.2g}{place}{_format_ends(rate)}."
    if rate.interval is None:
        sentence += " No interval: it needs three seeds of some networks."
    elif len(rate.may_be_best) == len(rate.grid.factors):
        sentence += " Flat: none of the rates can be told from the best."
    elif others := [f"{factor:g}" for factor in rate.may_be_best if factor != rate.best]:
        sentence += f" {join_words(others)} cannot be told from {rate.best:g}."
    bad = [
        f"{pluralize(count, 'seed')} {kind} at {factor:g}"
        for factor, kinds in sorted(rate.grid.unlearned.items())
        for kind, count in kinds.items()
    ]
    return f"{sentence} Did not learn: {join_words(bad)}." if bad else sentence


def _format_ends(rate: BestRate) -> str:
    """Return the interval of the vertex, and that which holds for any shape with one peak."""
    if rate.interval is None or rate.peak is None:
        return ""
    parabola, peak = (_format_range(ends) for ends in (rate.interval, rate.peak))
    texts = [f"{parabola} by a parabola" if parabola else "", f"{peak} if there is one peak" if peak else ""]
    return f" ({'; '.join(filter(None, texts))})" if any(texts) else ""


def _format_range(ends: tuple[float | None, float | None]) -> str:
    low, high = (None if end is None else f"{end:.2g}" for end in ends)
    if low and high:
        return f"{low} {DOTS} {high}"
    return f"above {low}" if low else f"below {high}" if high else ""


def _describe_slopes(trend: RateTrend) -> list[str]:
    """Return sentences on the slopes that are known, and one on the others."""
    sentences = [_describe_slope(slope) for slope in trend.slopes if slope.value is not None]
    reasons: dict[str, list[str]] = {}
    for slope in trend.slopes:
        if slope.reason:
            reasons.setdefault(slope.reason, []).append(slope.along)
    sentences += [
        f"Whether the best rate moves with {join_words(names)} is unknown: {why}." for why, names in reasons.items()
    ]
    if trend.at_edge and any(slope.value is not None for slope in trend.slopes):
        sentences.append(
            f"The best rates of {trend.at_edge} of {trend.networks} networks are at the edge of the grid and count "
            "there, which draws slopes towards 0."
        )
    return sentences


def _describe_slope(slope: RateSlope) -> str:
    value = slope.value or 0.0
    if slope.interval is None:
        return f"Along {slope.along} the best rate changes by {value:+.1f} doublings per doubling; no interval."
    ends = format_estimate(value, *slope.interval, 1)
    if not slope.is_significant:
        return f"That the best rate moves with {slope.along} is not shown: {ends} doublings per doubling."
    factor = f"{2**value:.2g}"
    return f"The best rate moves with {slope.along}: times {factor} with each doubling, {ends} doublings."
