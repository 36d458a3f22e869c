"""Comparisons in sentences that claim no more than seeds and test pictures allow."""

from collections.abc import Sequence

from scaling_lab.analysis.compare import Comparison, Pair
from scaling_lab.analysis.contrast import CONFIDENCE, ENOUGH
from scaling_lab.analysis.evidence import COSTS
from scaling_lab.analysis.pairing import Pairing
from scaling_lab.analysis.power import MOST, More
from scaling_lab.telling import MINUS, TIMES, between, count, duration, listed, points, short


def title(comparison: Comparison) -> str:
    """Where the rules are compared."""
    return f"{where(comparison)}; {comparison.setting}"


def where(comparison: Comparison) -> str:
    """Family and level: `efficientnet_b0_small at 2x the baseline's FLOPs`."""
    if comparison.cost == "flops":
        level = f"{comparison.level:g}{TIMES} the baseline's FLOPs (multiply-adds)"
    else:
        level = f"{amount(comparison.cost, comparison.level)}"
    return f"{comparison.setting.family} at {level}"


def amount(cost: str, level: float) -> str:
    """A level of a cost with its unit."""
    if cost == "latency":
        return f"{1000 * level:.3g} ms a picture"
    if cost == "train_seconds":
        return f"{level:.3g} s of training"
    return f"{short(level)} {COSTS[cost]}"


def headline(comparison: Comparison) -> str:
    """Who is ahead, and of whom that can be said."""
    pairs = [pair for pair in comparison.pairs if not pair.same]
    if not pairs:
        return _nothing(comparison)
    if all(pair.p is None for pair in pairs):
        return _too_few(comparison)
    if not any(pair.told_apart for pair in pairs):
        return f"No two of {listed(named(rule, comparison) for rule in networks(comparison))} are told apart."
    own = [pair for pair in pairs if pair.first == leader(comparison)]
    beaten = [pair for pair in own if pair.told_apart]
    level = [pair.second for pair in own if not pair.told_apart]
    best = named(leader(comparison), comparison)
    if not level:
        return f"{best} beats {'every other rule: ' if len(beaten) > 1 else ''}{listed(_by(pair) for pair in beaten)}."
    not_apart = f"{listed(named(rule, comparison) for rule in level)} {_is(level)} not told apart from it"
    if not beaten:
        return f"{best} has the highest mean; {not_apart}. {sentence(next(pair for pair in pairs if pair.told_apart))}"
    return f"{best} has the highest mean and beats {listed(_by(pair) for pair in beaten)}; {not_apart}."


def leader(comparison: Comparison) -> str:
    """The rule with the highest mean. Raises StopIteration without rules."""
    lower = {pair.second for pair in comparison.pairs if not pair.same and pair.difference > 0}
    return next(rule for rule in networks(comparison) if rule not in lower)


def networks(comparison: Comparison) -> list[str]:
    """A rule for each network: the first of those that came to it."""
    twins = {pair.second for pair in comparison.pairs if pair.same}
    return [rule for rule in comparison.rules if rule not in twins]


def sentences(comparison: Comparison) -> list[str]:
    """What can be said of each pair, what was left out, and how noisy one network's accuracy is."""
    said = [sentence(pair) for pair in comparison.pairs]
    if len(comparison.rules) < 2:
        said.append(_nothing(comparison))
    tested = sum(pair.p is not None for pair in comparison.pairs)
    if tested:
        said.append(
            f"Brackets are {100 * CONFIDENCE:.0f} % intervals for other seeds and other test pictures; a verdict needs "
            f"p < {1 - CONFIDENCE:.2f} after Holm's correction for {count(tested, 'pair')}."
        )
    if comparison.pairing:
        said.append(paired(comparison.pairing))
    if comparison.off_budget and comparison.cost == "flops":
        said.append(
            "Left out, because the FLOPs (multiply-adds) got are off the budget by more than 2 % (5 % for a rule "
            f"without width): {listed(comparison.off_budget)}."
        )
    elif comparison.off_budget:
        said.append(f"Not trained up to this cost: {listed(comparison.off_budget)}.")
    if comparison.without_result:
        said.append(f"Without a finished result: {listed(comparison.without_result)}.")
    if comparison.sampling is not None:
        said.append(
            f"One network's accuracy on {comparison.test_pictures:,} test pictures has a standard error of "
            f"{100 * comparison.sampling:.1f} points from the choice of pictures alone."
        )
    return said


def sentence(pair: Pair) -> str:
    """What can be said of a pair."""
    if pair.same:
        return f"{pair.first} and {pair.second} came to the same network: there is no difference to speak of."
    if pair.told_apart:
        return f"{pair.first} beats {pair.second} by {difference(pair)} points (p {p_value(pair)})."
    if pair.estimate is not None:
        settle = f"; {would(pair.more)}" if pair.more else ""
        return f"{pair.first} and {pair.second} are not told apart: {difference(pair)} points{settle}."
    if min(pair.seeds) >= ENOUGH:
        return (
            f"{pair.first} and {pair.second} differ by {points(pair.difference)} points; no seed differs: no interval."
        )
    apart = points(pair.difference)
    above = f"is {apart} points above" if float(apart) else "is level, to 0.1 points, with"
    return f"{pair.first} {above} {pair.second} ({_seeds(pair)}): {_without_interval(pair)}."


def difference(pair: Pair) -> str:
    """`1.2 (0.6 ... 1.8)`, in points; without an interval `1.2`."""
    if pair.estimate is None:
        return points(pair.difference)
    return f"{points(pair.difference)} {between(pair.estimate.interval())}"


def p_value(pair: Pair) -> str:
    """`= 0.012` or `< 0.001`: Holm's p."""
    return "not tested" if pair.p is None else "< 0.001" if pair.p < 0.001 else f"= {pair.p:.2g}"


def paired(pairing: Pairing) -> str:
    """Whether seeds go together."""
    told = f"The same seed in different networks goes together by r = {pairing.correlation:.2f}".replace("-", MINUS)
    if pairing.used:
        return f"{told} (p = {pairing.p:.1g}): differences are taken seed by seed."
    return f"{told} (p = {pairing.p:.2g}): seeds are not paired."


def named(rule: str, comparison: Comparison) -> str:
    """A rule and the others that came to the same network: `compound (= uniform)`."""
    twins = [pair.second for pair in comparison.pairs if pair.same and pair.first == rule]
    return f"{rule} (= {', '.join(twins)})" if twins else rule


def _by(pair: Pair) -> str:
    return f"{pair.second} by {difference(pair)} points"


def _is(words: Sequence[str]) -> str:
    return "is" if len(words) == 1 else "are"


def would(missing: More | None) -> str:
    """What would settle a pair."""
    if missing is None:
        return ""
    if missing.seeds:
        took = f" ({duration(missing.seconds)} on one worker)" if missing.seconds else ""
        return f"about {count(missing.seeds, 'more seed')} of each would tell a difference of that size{took}"
    if missing.pictures:
        enough = f"about {missing.pictures:,} test pictures would"
        return f"{MOST} more seeds would not tell a difference of that size, {enough}"
    return f"{MOST} more seeds would not tell a difference of that size"


def _nothing(comparison: Comparison) -> str:
    if not comparison.rules:
        return "No rule has a finished result here: nothing can be compared."
    if len(comparison.rules) > 1:
        return f"{listed(comparison.rules)} came to the same network: there is nothing to compare it with."
    return f"Only {comparison.rules[0]} has a finished result here: there is nothing to compare it with."


def _too_few(comparison: Comparison) -> str:
    open_ = [pair for pair in comparison.pairs if not pair.same]
    seeds = min(min(pair.seeds) for pair in open_)
    if seeds >= ENOUGH:
        return "No seed differs from another: no interval can be given, and no winner be named."
    largest = max(pair.difference for pair in open_)
    inside = sum(pair.spread is not None and pair.difference <= pair.spread for pair in open_)
    of = count(len(open_), "difference")
    verb = "lies" if len(open_) == 1 else "lie"
    within = f"; {inside} of {of} {verb} within what seeds of one rule alone differ by" if inside else ""
    return (
        f"No winner can be named: with {count(seeds, 'seed')}, and fewer than {ENOUGH}, no interval can be given. The "
        f"means differ by at most {points(largest)} points{within}."
    )


def _without_interval(pair: Pair) -> str:
    if pair.spread is None:
        return "no interval can be given, and one seed says nothing about how much seeds differ"
    seen = f"what seeds of one rule alone differ by ({points(pair.spread)} points)"
    if pair.difference <= pair.spread:
        return f"no interval can be given; the difference lies within {seen}"
    return f"no interval can be given; the difference is larger than {seen}, but three seeds are needed for a verdict"


def _seeds(pair: Pair) -> str:
    first, second = pair.seeds
    return count(first, "seed") if first == second else f"{first} and {second} seeds"
