"""Describe verdicts over several settings in sentences."""

from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.pooling.differences import (
    FEW_SEEDS,
    NO_NOISE,
    OFF_RULE,
    OTHER_LENGTH,
    SAME_NETWORK,
    SAME_TRAININGS,
    LeftOut,
)
from scaling_lab.analysis.pooling.pooled_pair import PooledBudget, PooledPair
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import CONFIDENCE, MIN_SEEDS
from scaling_lab.analysis.stats.random_effects import MIN_PREDICTED
from scaling_lab.analysis.text.metrics import format_delta, format_value, format_with_interval
from scaling_lab.analysis.text.pairs import format_p_value
from scaling_lab.analysis.text.settings import list_setting_names
from scaling_lab.formatting import DOTS, TIMES, join_words, pluralize

MAX_LISTED = 6
"""Largest number of pairs that a headline names."""


def format_pooled_title(budget: PooledBudget) -> str:
    """Return the budget and the number of settings."""
    settings = pluralize(budget.setting_count, "setting")
    return f"Over {settings} at {budget.level:g}{TIMES} the baseline's FLOPs (multiply-adds)"


def summarize_pooled(budget: PooledBudget) -> list[str]:
    """Return a sentence for each of the first pairs that are told apart or alike, and on the numbers of the others."""
    tested = [pair for pair in budget.pairs if pair.p is not None]
    if not tested:
        return ["No pooled verdict: no pair of rules that is to be tested has an interval in two settings."]
    decided = [pair for pair in tested if pair.is_significant or pair.is_alike]
    undecided = [f"{pair.first} and {pair.second}" for pair in tested if pair not in decided]
    sentences = [describe_pooled_pair(pair) for pair in decided[:MAX_LISTED]]
    what = "told apart or alike" if budget.options.delta is not None else "told apart"
    if (more := len(decided) - MAX_LISTED) > 0:
        sentences.append(f"{pluralize(more, 'more pair')} {'is' if more == 1 else 'are'} {what}.")
    if undecided:
        pairs = "; ".join(undecided) if len(undecided) <= MAX_LISTED else f"{len(undecided)} of {len(tested)} pairs"
        sentences.append(f"Not {what} over settings: {pairs}.")
    return sentences


def describe_pooled_pair(pair: PooledPair) -> str:
    """Return one sentence on a pair: the mean over settings, the verdict, and how much the settings differ."""
    effect, unit = pair.effect, pair.metric.unit
    if effect is None:
        return f"{pair.first} and {pair.second}: {_count(pair)} with an interval, so there is nothing to pool."
    mean = f"{format_with_interval(effect.value, effect.interval(), pair.metric)} {unit} over {_count(pair)}"
    p, delta = f"p {format_p_value(pair.p)}", "" if pair.delta is None else format_delta(pair.delta, pair.metric)
    if pair.p is None:
        verdict = f"{pair.first} is {mean} above {pair.second}, but this pair was not planned to be tested"
    elif pair.is_significant:
        less = f", which is less than {delta} (p {format_p_value(pair.p_alike)})" if pair.is_alike else ""
        verdict = f"{pair.first} beats {pair.second} by {mean} ({p}){less}"
    elif pair.is_alike:
        verdict = f"{pair.first} and {pair.second} are alike within {delta}: {mean} (p {format_p_value(pair.p_alike)})"
    else:
        verdict = f"{pair.first} and {pair.second} do not differ significantly: {mean} ({p})"
    return f"{verdict}; {_describe_spread(pair)}."


def describe_pooled(budget: PooledBudget) -> list[str]:
    """Return sentences on the method, the settings, and those that are left out."""
    settings = f"Settings: {'; '.join(list_setting_names(budget.settings).values())}."
    return [*describe_pooled_method(budget), settings, *_describe_left_out(budget)]


def describe_pooled_method(budget: PooledBudget) -> list[str]:
    """Return sentences on intervals, p values and what two settings say; empty if no pair is tested."""
    tested = sum(pair.p is not None for pair in budget.pairs)
    sentences = []
    if tested:
        metric = next(pair.metric for pair in budget.pairs)
        sentences.append(describe_method(tested, metric))
        if any(pair.effect and pair.effect.count == 2 for pair in budget.pairs):
            sentences.append(
                "Two settings say little about others: their interval is 12.7 standard errors to each side, and has no "
                "prediction for a new setting."
            )
    return sentences


def describe_method(tested: int, metric: Metric) -> str:
    """Return a sentence on intervals, p values and the prediction."""
    images = " and other test images" if metric.has_answers else ""
    return (
        f"Brackets are {100 * CONFIDENCE:.0f} % intervals of the mean over settings like these, for other seeds{images}"
        " (random effects: Paule-Mandel's tau, Hartung-Knapp-Sidik-Jonkman's errors); a verdict needs p < "
        f"{1 - CONFIDENCE:.2f} after Holm's correction for {pluralize(tested, 'pair')}. Tau is the standard deviation "
        "of the true differences between settings. 'These settings' is the plain mean of the settings at hand, without "
        "a claim about others."
    )


def format_pooled_mean(pair: PooledPair) -> str:
    """Return the mean with its interval: `1.2 (0.3 ... 2.1)`; empty without one."""
    effect = pair.effect
    return format_with_interval(effect.value, effect.interval(), pair.metric) if effect else ""


def format_here(pair: PooledPair) -> str:
    """Return the mean of the settings at hand with its interval; empty without one."""
    if pair.here is None:
        return ""
    mean, low, high = pair.here
    return format_with_interval(mean, (low, high), pair.metric)


def format_prediction(pair: PooledPair) -> str:
    """Return the interval for a new setting: `-1.0 ... 3.4`; empty without one."""
    predicted = pair.effect.prediction() if pair.effect else None
    return f" {DOTS} ".join(format_value(end, pair.metric) for end in predicted) if predicted else ""


def format_tau(pair: PooledPair) -> str:
    """Return the standard deviation between settings in the metric's unit; empty without one."""
    return format_value(pair.effect.tau, pair.metric) if pair.effect else ""


def _describe_spread(pair: PooledPair) -> str:
    """Return a clause on the spread between settings, and on what to expect of a new one."""
    effect = pair.effect
    if effect is None:
        return ""
    q_p = format_p_value(effect.q_p)
    if pair.differ:
        spread = f"the settings differ by more than noise (tau {format_tau(pair)} {pair.metric.unit}, p {q_p})"
    else:
        spread = f"the settings do not differ by more than noise (p {q_p})"
    if effect.count < MIN_PREDICTED:
        return f"{spread}; the mean of these two is {format_here(pair)}"
    return f"{spread}; a new setting would have {format_prediction(pair)}"


def _describe_left_out(budget: PooledBudget) -> list[str]:
    """Return a sentence for each reason for which settings are left out."""
    names = list_setting_names(budget.settings)
    reasons: dict[str, dict[str, None]] = {}
    for pair in budget.pairs:
        for left_out in pair.left_out:
            reasons.setdefault(left_out.reason, {})[_name_left_out(left_out, names)] = None
    texts = {
        OFF_RULE: "Left out, because the network has other shares than its rule requests",
        FEW_SEEDS: f"Left out, because a rule has fewer than {MIN_SEEDS} seeds",
        NO_NOISE: "Left out, because all seeds agree",
        SAME_TRAININGS: "Left out, because the same trainings count in another setting",
        OTHER_LENGTH: "Left out, because the same setting counts with another length or warm-up of training",
        SAME_NETWORK: "Left out, because both rules led to the same network",
    }
    return [f"{text}: {'; '.join(reasons[reason])}." for reason, text in texts.items() if reason in reasons]


def _name_left_out(left_out: LeftOut, names: dict[Setting, str]) -> str:
    if left_out.reason in (FEW_SEEDS, NO_NOISE, SAME_TRAININGS, OTHER_LENGTH):
        return names[left_out.setting]
    return f"{join_words(left_out.rules)} in {names[left_out.setting]}"


def _count(pair: PooledPair) -> str:
    return pluralize(len(pair.differences), "setting")
