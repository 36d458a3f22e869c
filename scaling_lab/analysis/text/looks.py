"""Describe how often the data of a comparison were looked at, and what that costs."""

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.rule_pairs import RulePair
from scaling_lab.analysis.stats.contrast import ALPHA
from scaling_lab.analysis.stats.looks import INTERIM_SHARE
from scaling_lab.formatting import pluralize


def describe_looks(comparison: RuleComparison) -> list[str]:
    """Return sentences on the looks at the pairs that were tested; none without a test."""
    tested = [pair for pair in comparison.pairs if pair.p is not None]
    if not tested:
        return []
    latest = max(tested, key=lambda pair: (pair.looks, -pair.look_part))
    sentences = [_describe_latest(latest, len({pair.looks for pair in tested}) > 1)]
    if any(pair.is_interim for pair in tested):
        sentences.append(
            f"Planned points are not finished, so this is an interim look: it spends {_percent(INTERIM_SHARE)} of what "
            "is left of the error rate, and the rest is kept for the look at all seeds."
        )
    return sentences


def _describe_latest(pair: RulePair, differ: bool) -> str:
    part = f"{_percent(pair.look_part)} of the error rate of {_percent(ALPHA)}"
    if pair.looks == 1:
        return f"First look at these seeds: it spends {part}, so p is divided by {pair.look_part:.2g}."
    at_most = "up to " if differ else ""
    return (
        f"The verdicts of these rules have been looked at {at_most}{pluralize(pair.looks, 'time')} with other seeds. "
        f"p values are corrected for that: the present look spends {part}."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"
