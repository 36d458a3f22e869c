"""What the audit found, in sentences made from the numbers. Nothing is said about what no row is about."""

from collections.abc import Iterator, Sequence

from scaling_lab.formatting import join_words, pluralize
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.paper.audit.findings import Audit
from scaling_lab.paper.audit.recount import Recount, best, printing_sides
from scaling_lab.paper.audit.rows import B0
from scaling_lab.paper.audit.swaps import Fit
from scaling_lab.report.audit.finding_words import counters, elsewhere, formula, versions
from scaling_lab.report.audit.telling import billions, both, come, percent, reading, row

FEW = 16


def sections(audit: Audit) -> list[tuple[str, list[str]]]:
    """Titles and sentences; a section without sentences is left out."""
    printed = [each for each in audit.recounts if each.has_flops and not each.printed.drawn]
    drawn = [each for each in audit.recounts if each.has_flops and each.printed.drawn]
    scaled = [each for each in audit.recounts if each.has_flops and each.row.start == B0 and each.row.side is None]
    found = [
        ("Tables", [*_outcome("row", printed), *_parameters(audit.recounts), *_one_reading(printed)]),
        ("Numbers that fit another row", list(_swapped(audit.fits))),
        ("Points of the figures", [*_outcome("point", drawn), *_one_reading(drawn)]),
        ("What B0 can be scaled to", [*_beyond(scaled), *_within(drawn)]),
        ("The same network in several places", list(elsewhere(audit))),
        ("Formula and released coefficients", list(formula(audit.steps))),
        ("Versions of the paper", list(versions(audit.sightings))),
        ("Other counters", list(counters(audit.statements))),
        ("Not counted", list(_left(audit.recounts))),
    ]
    return [(title, sentences) for title, sentences in found if sentences]


def _by_table(counted: Sequence[Recount]) -> dict[str, list[Recount]]:
    groups: dict[str, list[Recount]] = {}
    for each in counted:
        groups.setdefault(each.row.table, []).append(each)
    return groups


def _outcome(what: str, counted: Sequence[Recount]) -> Iterator[str]:
    if not counted:
        return
    usual = [each for each in counted if each.comes_out]
    other = [each for each in counted if not each.comes_out and each.fitting]
    none = [each for each in counted if not each.fitting]
    yield (
        f"{join_words(_by_table(counted))}: of {pluralize(len(counted), what)} whose multiply-adds the lab counts, "
        f"{len(usual)} {come(len(usual))} out under the usual reading, {len(other)} more under another reading, "
        f"{len(none)} under none."
    )
    if len(other) > FEW or len(none) > FEW:
        return
    for table, own in _by_table(none).items():
        yield f"{table}, under no reading: {'; '.join(f'{row(each.row)}: {both(each)}{_side(each)}' for each in own)}."
    for table, own in _by_table(other).items():
        told = "; ".join(f"{row(each.row)}: {both(each)}{_how(each)}" for each in own)
        yield f"{table}, only under another reading: {told}."


def _side(each: Recount) -> str:
    sides = printing_sides(each)
    return f" ({sides[0]} to {sides[1]} px would print it, r is {each.usual.side} px)" if sides else ""


def _how(each: Recount) -> str:
    share = f"{len(each.fitting)} of {len(each.tried)} networks"
    return f" ({share}, such as: {reading(next(iter(each.fitting.values())))})"


def _parameters(recounts: Sequence[Recount]) -> Iterator[str]:
    known = [each for each in recounts if each.params_come_out is not None]
    wrong = [
        f"{row(each.row)}: counted {each.usual.params / 1e6:.2f} million, printed {each.row.params.text}"
        for each in known
        if each.row.params and not each.params_come_out
    ]
    if known:
        rest = f"; not {join_words(wrong)}" if wrong else ""
        right = len(known) - len(wrong)
        yield f"Printed parameters: {right} of {len(known)} {come(right)} out{rest}."


def _swapped(fits: dict[tuple[str, str], list[Fit]]) -> Iterator[str]:
    for (table, base), found in fits.items():
        for fit in found:
            own, other = fit.row, fit.other
            counted = f"{own.name} is counted at {billions(own.counted)} against a printed {own.printed.text}"
            first = f"{table}, {base}: {counted}"
            if fit.mutual:
                yield (
                    f"{first}, {other.name} at {billions(other.counted)} against {other.printed.text}; each count "
                    f"fits what the other row prints ({percent(fit.off)}, {percent(own.printed.off(other.counted))}). "
                    "The two numbers look swapped."
                )
            else:
                yield f"{first}; it would fit the {other.printed.text} of {other.name} ({percent(fit.off)})."


def _one_reading(recounts: Sequence[Recount]) -> Iterator[str]:
    told = []
    for table, own in _by_table(recounts).items():
        found = best(own)
        if found and found.rows > 1:
            told.append(f"{len(found.out)} of {found.rows} in {table} ({reading(found.reading)})")
    if told:
        yield f"One and the same reading brings out at most {join_words(told)}."


def _beyond(scaled: Sequence[Recount]) -> Iterator[str]:
    beyond = [each for each in scaled if each.out_of_reach]
    if not beyond:
        return
    nearest = sorted(each.nearest for each in beyond)
    starts = [each for each in beyond if each.row.by == Multipliers()]
    lines = f"The lines of {join_words(dict.fromkeys(each.row.table for each in starts))} start beyond it"
    first = f" {lines}: {join_words(dict.fromkeys(both(each) for each in starts))}." if starts else ""
    tables = (f"{len(own)} of {table}" for table, own in _by_table(beyond).items())
    yield (
        f"{len(beyond)} rows and points ({join_words(tables)}) of {len(scaled)} cannot come from the "
        f"EfficientNet-B0 that "
        f"they are said to be scaled from: their FLOPs lie beyond every reading, the nearest being "
        f"{percent(nearest[0])} to {percent(nearest[-1])} off.{first}"
    )
    single = [each for each in beyond if not each.printed.drawn]
    if single:
        yield f"Rows among them: {'; '.join(f'{row(each.row)}: {both(each)}' for each in single)}."


def _within(drawn: Sequence[Recount]) -> Iterator[str]:
    within = [each for each in drawn if not each.comes_out and each.fitting]
    if within:
        told = "; ".join(
            f"{table}: {join_words(each.row.label for each in own)}" for table, own in _by_table(within).items()
        )
        yield f"Single points that some reading brings out, though not the usual one. {told}."


def _left(recounts: Sequence[Recount]) -> Iterator[str]:
    reasons: dict[str, int] = {}
    for each in recounts:
        if each.row.why_not:
            reasons[each.row.why_not] = reasons.get(each.row.why_not, 0) + 1
    if reasons:
        yield ("; ".join(f"{pluralize(number, 'row')}: {reason}" for reason, number in reasons.items()) + ".")
