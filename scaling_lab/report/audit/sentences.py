"""The audit's findings in sentences, for the page and the terminal; the tables of the page have the single rows."""

from collections.abc import Iterator, Sequence

from scaling_lab.formatting import TIMES, join_words, pluralize
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.paper.audit.coefficients import FormulaStep, unrounded_flops_factor
from scaling_lab.paper.audit.counters import CONVENTIONS, LibraryCount, count_matches
from scaling_lab.paper.audit.findings import Audit
from scaling_lab.paper.audit.printed import MILLION
from scaling_lab.paper.audit.recount import Recount, find_best_reading
from scaling_lab.paper.audit.rows import B0
from scaling_lab.paper.audit.swaps import SwapCandidate
from scaling_lab.paper.audit.versions import LATEST_VERSION, QuotedAccuracy
from scaling_lab.report.audit.row_tables import format_billions, format_deviation, row_name

Sections = Sequence[tuple[str, Sequence[str]]]
"""Titles and sentences."""


def audit_sections(audit: Audit) -> list[tuple[str, list[str]]]:
    """Return titles and sentences; sections without a sentence are left out."""
    counted = [recount for recount in audit.recounts if recount.has_flops]
    printed = [recount for recount in counted if not recount.printed.is_drawn]
    drawn = [recount for recount in counted if recount.printed.is_drawn]
    scaled = [recount for recount in counted if recount.row.start_family == B0 and recount.row.side is None]
    sections = [
        ("Tables", [*_outcome("row", printed), *_parameters(audit.recounts), *_best_reading(printed)]),
        ("Points of the figures", [*_outcome("point", drawn), *_best_reading(drawn)]),
        ("Numbers that fit another row", list(_swaps(audit.swaps))),
        ("Scaled from B0", list(_out_of_reach(scaled))),
        ("The same network in several places", list(_pairs(audit))),
        ("Formula and released coefficients", list(_formula(audit.steps))),
        ("Versions of the paper", list(_versions(audit.quoted))),
        ("Other libraries", list(_libraries(audit.library_counts))),
        ("Not counted", list(_uncounted(audit.recounts))),
    ]
    return [(title, sentences) for title, sentences in sections if sentences]


def _by_table(recounts: Sequence[Recount]) -> dict[str, list[Recount]]:
    groups: dict[str, list[Recount]] = {}
    for recount in recounts:
        groups.setdefault(recount.row.table, []).append(recount)
    return groups


def _outcome(thing: str, recounts: Sequence[Recount]) -> Iterator[str]:
    if not recounts:
        return
    usual = sum(recount.is_match for recount in recounts)
    none = sum(not recount.matching_counts for recount in recounts)
    yield (
        f"{join_words(_by_table(recounts))}: {pluralize(len(recounts), thing)} with FLOPs counted; {usual} "
        f"{_match(usual)} under the usual reading, {len(recounts) - usual - none} only under another reading, {none} "
        "under no reading."
    )


def _match(number: int) -> str:
    return "matches" if number == 1 else "match"


def _parameters(recounts: Sequence[Recount]) -> Iterator[str]:
    known = [recount for recount in recounts if recount.is_params_match is not None]
    if not known:
        return
    wrong = [
        f"{row_name(recount.row)} (counted {recount.usual.params / MILLION:.2f} million, printed {params.text})"
        for recount in known
        if (params := recount.row.params) and not recount.is_params_match
    ]
    right = len(known) - len(wrong)
    exceptions = f"; no match: {join_words(wrong)}" if wrong else ""
    yield f"Printed parameters: {right} of {len(known)} {_match(right)}{exceptions}."


def _best_reading(recounts: Sequence[Recount]) -> Iterator[str]:
    parts = []
    for table, rows in _by_table(recounts).items():
        best = find_best_reading(rows)
        if best and best.total > 1:
            parts.append(f"{len(best.rows)} of {best.total} in {table} ({best.reading.describe()})")
    if parts:
        yield f"A single reading for all rows of a table or figure matches at most {join_words(parts)}."


def _swaps(swaps: dict[tuple[str, str], list[SwapCandidate]]) -> Iterator[str]:
    for (table, base), candidates in swaps.items():
        for swap in candidates:
            row, other = swap.row, swap.other
            start = f"{table}, {base}, {row.name}: printed {row.printed.text}, counted {format_billions(row.counted)}"
            fit = f"fits the {other.printed.text} of {other.name} ({format_deviation(swap.deviation)} %)"
            if swap.is_mutual:
                yield (
                    f"{start}, which {fit}; the count of that row, {format_billions(other.counted)}, fits the "
                    f"{row.printed.text} ({format_deviation(row.printed.deviation(other.counted))} %). The two numbers "
                    "look swapped."
                )
            else:
                yield f"{start}, which {fit}."


def _out_of_reach(recounts: Sequence[Recount]) -> Iterator[str]:
    beyond = [recount for recount in recounts if recount.is_out_of_reach]
    if not beyond:
        return
    nearest = sorted(recount.nearest_deviation for recount in beyond)
    tables = join_words(f"{len(rows)} of {table}" for table, rows in _by_table(beyond).items())
    yield (
        f"{len(beyond)} of {len(recounts)} rows and points ({tables}) cannot be EfficientNet-B0 scaled as "
        "they state: no reading reaches their FLOPs; the nearest count deviates by "
        f"{format_deviation(nearest[0])} to {format_deviation(nearest[-1])} %."
    )
    starts = [recount for recount in beyond if recount.row.multipliers == Multipliers()]
    if starts:
        drawn = dict.fromkeys(f"{recount.printed.text} B" for recount in starts)
        counted = format_billions(starts[0].usual.flops)
        yield (
            f"The unscaled baseline itself is drawn at {join_words(drawn)} in {join_words(_by_table(starts))}; B0 "
            f"costs {counted} B ({format_deviation(starts[0].deviation)} %)."
        )


def _pairs(audit: Audit) -> Iterator[str]:
    for row, pairs in audit.pairs.get(("Table 7", "Figure 3"), {}).items():
        multipliers = row.multipliers
        if pairs:
            change = "" if any(pair.has_same_multipliers for pair in pairs) else ", which has another multiplier"
            labels = join_words(pair.other.label for pair in pairs)
            yield f"Table 7, {row.label}: same FLOPs and accuracy as {labels} in Figure 3{change}."
        elif multipliers and (multipliers.d, multipliers.w, multipliers.r).count(1) == 2:
            yield f"Table 7, {row.label}: no point of Figure 3 has its FLOPs and accuracy."
    in_figure3 = audit.pairs.get(("Figure 8", "Figure 3"), {})
    if in_figure3:
        repeated = sum(bool(pairs) for pairs in in_figure3.values())
        yield f"Figure 8: {repeated} of {len(in_figure3)} points have the numbers of a point of Figure 3."


def _formula(steps: Sequence[FormulaStep]) -> Iterator[str]:
    scaled = [step for step in steps if step.phi > 0]
    if not scaled:
        return
    side_choices = list(scaled[0].formula_flops)[:2]
    costs = "; ".join(
        f"{_format_decimals(step.formula_flops[name] for step in scaled)} ({name})" for name in side_choices
    )
    models = join_words(step.model.removeprefix("EfficientNet-") for step in scaled)
    yield f"FLOPs of the formula at phi = {join_words(str(step.phi) for step in scaled)}, relative to B0: {costs}."
    yield (
        f"FLOPs of the released {models}, relative to B0: {_format_decimals(step.released_flops for step in scaled)}. "
        f"That is phi = {_format_decimals(step.implied_phi['flops'] for step in scaled)} if nothing is rounded "
        f"({unrounded_flops_factor():.4g}{TIMES} per step)."
    )


def _format_decimals(numbers: Iterator[float]) -> str:
    return ", ".join(f"{number:.1f}" for number in numbers)


def _versions(quoted: Sequence[QuotedAccuracy]) -> Iterator[str]:
    latest = [accuracy for accuracy in quoted if LATEST_VERSION in accuracy.carried_by]
    conflicts = sum(LATEST_VERSION in accuracy.conflicting_versions for accuracy in latest)
    if conflicts:
        yield (
            f"{conflicts} of {len(latest)} accuracies of named networks that {LATEST_VERSION} prints outside Table 2 "
            "are not those of its own Table 2."
        )


def _libraries(counts: Sequence[LibraryCount]) -> Iterator[str]:
    for library, matches in count_matches(counts).items():
        compared = [count for count in counts if count.is_same_network and count.library == library]
        most = max(matches.values())
        if most == len(compared):
            names = " or ".join(f'"{name}"' for name in CONVENTIONS if matches[name] == most)
            number = f"all {len(compared)} counts" if len(compared) > 1 else "its one count"
            yield f"{library}: {number} {_match(len(compared))} {names}."
        else:
            deviations = [count.stated.deviation(count.counts[-1]) for count in compared]
            ends = dict.fromkeys(format_deviation(end) for end in (min(deviations), max(deviations)))
            number = f"more than {most} of its {len(compared)} counts" if len(compared) > 1 else "its one count"
            yield (
                f"{library}: no convention matches {number}; the largest, fvcore's total, deviates by "
                f"{' to '.join(ends)} %."
            )


def _uncounted(recounts: Sequence[Recount]) -> Iterator[str]:
    reasons: dict[str, int] = {}
    for recount in recounts:
        if recount.row.reason:
            reasons[recount.row.reason] = reasons.get(recount.row.reason, 0) + 1
    if reasons:
        parts = (f"{pluralize(number, 'row')}: {reason}" for reason, number in reasons.items())
        yield f"{'; '.join(parts)}."
