"""Pairs of rules that several studies leave undecided, and the further seeds that would decide them."""

from collections.abc import Iterator, Mapping

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.rule_pairs import RulePair
from scaling_lab.analysis.stats.power import MAX_EXTRA_SEEDS, RequiredSeeds, SeedRange
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.analysis.text.metrics import format_delta
from scaling_lab.analysis.text.pairs import format_difference, format_seed_range
from scaling_lab.analysis.text.rule_names import name_pair
from scaling_lab.analysis.text.settings import list_setting_names
from scaling_lab.formatting import TIMES, format_duration

UNDECIDED_HEAD = (
    *("study", "where", "pair", "points (95 %)", "delta"),
    *("more seeds of each to tell them apart", "to find them alike", "time on one worker to tell apart"),
)


def undecided_rows(studies: Mapping[str, StudyComparison]) -> list[list[str]]:
    """Return a row of cells per undecided pair of a study with a delta, with the columns `UNDECIDED_HEAD`.

    Args:
        studies: The studies by name.
    """
    rows = []
    for study_name, study in studies.items():
        settings = list_setting_names(comparison.setting for comparison in study.budget_comparisons)
        for comparison, pair, required in _undecided_pairs(study):
            named = name_pair(pair, comparison)
            rows.append(
                [
                    study_name,
                    f"{settings[comparison.setting]} at {comparison.level:g}{TIMES}",
                    f"{named.first} and {named.second}",
                    format_difference(pair),
                    format_delta(pair.delta or 0, pair.metric),
                    format_seed_range(required.apart),
                    format_seed_range(required.alike),
                    _format_time(required.apart, required.seconds),
                ]
            )
    return rows


def _undecided_pairs(study: StudyComparison) -> Iterator[tuple[RuleComparison, RulePair, RequiredSeeds]]:
    for comparison in study.budget_comparisons:
        for pair in comparison.pairs:
            if pair.is_planned and pair.required_seeds:
                yield comparison, pair, pair.required_seeds


def _format_time(seeds: SeedRange, seconds: float | None) -> str:
    """Return the time that so many seeds of both rules take on one worker, as `30 min to 2.0 h`."""
    if seconds is None:
        return "not recorded"
    most = f"over {format_duration(MAX_EXTRA_SEEDS * seconds)}"
    if seeds.low is None:
        return most
    low, high = (most if number is None else format_duration(number * seconds) for number in (seeds.low, seeds.high))
    return low if low == high else f"{low} to {high}"
