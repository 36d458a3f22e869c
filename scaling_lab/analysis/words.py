"""A comparison in sentences that claim no more than the seeds allow."""

from collections.abc import Sequence

from scaling_lab.analysis.compare import CONFIDENCE, ENOUGH, Comparison, Pair

TIMES = "\N{MULTIPLICATION SIGN}"


def title(comparison: Comparison) -> str:
    """Where the rules are compared."""
    return (
        f"{comparison.family} at {comparison.times_flops:g}{TIMES} the baseline's FLOPs "
        f"({comparison.dataset}, recipe {comparison.recipe}, rounding {comparison.rounding})"
    )


def sentences(comparison: Comparison) -> list[str]:
    """What can be said of each pair, what was left out, and how noisy one network's accuracy is."""
    said = [_pair(pair) for pair in comparison.pairs]
    if not comparison.rules:
        said.append("No rule has a finished result at this budget: nothing can be compared.")
    elif len(comparison.rules) == 1:
        said.append(
            f"Only {comparison.rules[0]} has a finished result at this budget: there is nothing to compare it with."
        )
    tested = sum(pair.interval is not None for pair in comparison.pairs)
    if tested:
        said.append(
            f"Brackets are intervals over seeds (Welch), {100 * CONFIDENCE:.0f} % for all {_count(tested, 'pair')} "
            "at once (Bonferroni). They do not count the noise of the test pictures."
        )
    if comparison.off_budget:
        said.append(
            "Left out, because the FLOPs (multiply-adds) got are off the budget by more than 2 % (5 % for a rule "
            f"without width): {', '.join(comparison.off_budget)}."
        )
    if comparison.without_result:
        said.append(f"Without a finished result: {', '.join(comparison.without_result)}.")
    if comparison.sampling is not None:
        said.append(
            f"One network's accuracy on {comparison.test_pictures:,} test pictures has a standard error of "
            f"{comparison.sampling:.1f} points from the choice of pictures alone."
        )
    return said


def summary(comparisons: Sequence[Comparison]) -> list[str]:
    """A few sentences over all comparisons: which rules are told apart, or that none are and why."""
    pairs = [(where, pair) for where in comparisons for pair in where.pairs if not pair.same]
    if not pairs:
        return ["No two rules have results at the same budget: nothing can be compared."]
    apart = [(where, pair) for where, pair in pairs if pair.told_apart]
    said = [f"{where.family}, {where.times_flops:g}{TIMES}: {_beats(pair)}." for where, pair in apart]
    tested = sum(pair.interval is not None for _, pair in pairs)
    if tested > len(apart):
        said.append(f"{_count(tested - len(apart), 'pair')} of rules with three seeds or more cannot be told apart.")
    few = [pair for _, pair in pairs if min(pair.seeds) < ENOUGH]
    if few:
        said.extend(_too_few(few))
    sampling = max((where.sampling for where in comparisons if where.sampling is not None), default=None)
    if sampling is not None:
        said.append(
            f"The test pictures alone give the accuracy of one network a standard error of about {sampling:.1f} points."
        )
    return said


def _too_few(pairs: list[Pair]) -> list[str]:
    inside = sum(pair.spread is not None and pair.difference <= pair.spread for pair in pairs)
    largest = max(pair.difference for pair in pairs)
    number = _count(len(pairs), "pair")
    said = [
        f"No winner can be named among {number} of rules at equal FLOPs (multiply-adds): with fewer than {ENOUGH} "
        f"seeds of each rule no interval can be given. Their means differ by at most {largest:.1f} points."
    ]
    if inside:
        whose = _count(len(pairs), "difference")
        verb = "lies" if inside == 1 else "lie"
        said.append(f"{inside} of these {whose} {verb} within what seeds of one rule alone differ by.")
    return said


def _pair(pair: Pair) -> str:
    if pair.same:
        return f"{pair.first} and {pair.second} came to the same networks: there is no difference to speak of."
    if pair.told_apart:
        return f"{_beats(pair)}."
    if pair.interval is not None:
        by = f"{pair.difference:.1f} {_brackets(pair)} points"
        return f"{pair.first} and {pair.second} are not told apart: they differ by {by}."
    if min(pair.seeds) >= ENOUGH:
        return (
            f"{pair.first} and {pair.second} differ by {pair.difference:.1f} points, but no seed differs: no interval."
        )
    above = f"is {pair.difference:.1f} points above" if round(pair.difference, 1) else "is level, to 0.1 points, with"
    return f"{pair.first} {above} {pair.second} ({_seeds(pair)}): {_without_interval(pair)}."


def _without_interval(pair: Pair) -> str:
    if pair.spread is None:
        return "no interval can be given, and one seed says nothing about how much seeds differ"
    if pair.difference <= pair.spread:
        return (
            "no interval can be given; the difference lies within what seeds of one rule alone differ by "
            f"({pair.spread:.1f} points)"
        )
    return (
        "no interval can be given; the difference is larger than what seeds of one rule alone differ by "
        f"({pair.spread:.1f} points), but three seeds are needed for a verdict"
    )


def _beats(pair: Pair) -> str:
    return f"{pair.first} beats {pair.second} by {pair.difference:.1f} {_brackets(pair)} points"


def _brackets(pair: Pair) -> str:
    low, high = pair.interval or (float("nan"), float("nan"))
    return f"({low:.1f} \N{HORIZONTAL ELLIPSIS} {high:.1f})"


def _seeds(pair: Pair) -> str:
    first, second = pair.seeds
    return _count(first, "seed") if first == second else f"{first} and {second} seeds"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
