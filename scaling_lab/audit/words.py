"""What the audit found, in sentences made from the numbers. Nothing is said about what no row is about."""

from collections.abc import Iterator, Sequence

from scaling_lab.audit.coefficients import Step, ideal
from scaling_lab.audit.counters import CONVENTIONS, Statement, explaining
from scaling_lab.audit.findings import Audit
from scaling_lab.audit.recount import Recount, best, printing_sides
from scaling_lab.audit.rows import B0
from scaling_lab.audit.swaps import Fit
from scaling_lab.audit.telling import billions, both, ladder, multipliers, percent, reading, row
from scaling_lab.audit.versions import LATEST, Sighting
from scaling_lab.rules.multipliers import Multipliers
from scaling_lab.telling import TIMES, listed

FEW = 16


def sections(audit: Audit) -> list[tuple[str, list[str]]]:
    """Titles and sentences; a section without sentences is left out."""
    printed = [each for each in audit.recounts if each.has_flops and not each.printed.drawn]
    drawn = [each for each in audit.recounts if each.has_flops and each.printed.drawn]
    scaled = [each for each in audit.recounts if each.has_flops and each.row.start == B0 and each.row.side is None]
    found = [
        ("Tables", [*_outcome("rows", printed), *_parameters(audit.recounts), *_one_reading(printed)]),
        ("Numbers that fit another row", list(_swapped(audit.fits))),
        ("Points of the figures", [*_outcome("points", drawn), *_one_reading(drawn)]),
        ("What B0 can be scaled to", [*_beyond(scaled), *_within(drawn)]),
        ("The same network in several places", list(_elsewhere(audit))),
        ("Formula and released coefficients", list(_formula(audit.steps))),
        ("Versions of the paper", list(_versions(audit.sightings))),
        ("Other counters", list(_counters(audit.statements))),
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
        f"{listed(_by_table(counted))}: of {len(counted)} {what} whose multiply-adds the lab counts, {len(usual)} "
        f"come out under the usual reading, {len(other)} more under another reading, {len(none)} under none."
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
        rest = f"; not {listed(wrong)}" if wrong else ""
        yield f"Printed parameters: {len(known) - len(wrong)} of {len(known)} come out{rest}."


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
        yield f"One and the same reading brings out at most {listed(told)}."


def _beyond(scaled: Sequence[Recount]) -> Iterator[str]:
    beyond = [each for each in scaled if each.out_of_reach]
    if not beyond:
        return
    nearest = sorted(each.nearest for each in beyond)
    starts = [each for each in beyond if each.row.by == Multipliers()]
    lines = f"The lines of {listed(dict.fromkeys(each.row.table for each in starts))} start beyond it"
    first = f" {lines}: {listed(dict.fromkeys(both(each) for each in starts))}." if starts else ""
    tables = (f"{len(own)} of {table}" for table, own in _by_table(beyond).items())
    yield (
        f"{len(beyond)} rows and points ({listed(tables)}) of {len(scaled)} cannot come from the EfficientNet-B0 that "
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
            f"{table}: {listed(each.row.label for each in own)}" for table, own in _by_table(within).items()
        )
        yield f"Single points that some reading brings out, though not the usual one. {told}."


def _elsewhere(audit: Audit) -> Iterator[str]:
    for one, found in audit.twins.get(("Table 7", "Figure 3"), {}).items():
        if found:
            same = "" if any(twin.same_multipliers for twin in found) else ", another multiplier"
            others = listed(twin.other.label for twin in found)
            yield f"Table 7, {one.label}: FLOPs and accuracy of {others} in Figure 3{same}."
        elif one.by and (one.by.d, one.by.w, one.by.r).count(1) == 2:
            yield f"Table 7, {one.label}: no point of Figure 3 has its FLOPs and accuracy."
    repeated = audit.twins.get(("Figure 8", "Figure 3"), {})
    if repeated:
        same_numbers = sum(bool(found) for found in repeated.values())
        yield f"Figure 8 has {same_numbers} of its {len(repeated)} points from Figure 3, number for number."
    for place in audit.places:
        if place.disagrees and any(one.side is None for one in place.rows):
            numbers = dict.fromkeys(
                f"{one.flops.text} B and {one.top1} % in {one.table}" for one in place.rows if one.flops
            )
            yield f"{multipliers(place.by)} has several numbers: {listed(numbers)}."


def _formula(steps: Sequence[Step]) -> Iterator[str]:
    asked = [step for step in steps if step.phi > 0]
    if not asked:
        return
    kinds = list(asked[0].asked_times)[:2]
    told = (f"{ladder(step.asked_times[kind] for step in asked)} with the {kind}" for kind in kinds)
    phis = listed(str(step.phi) for step in asked)
    models = listed(step.model.removeprefix("EfficientNet-") for step in asked)
    yield f"In times B0's FLOPs the formula at phi = {phis} costs {', and '.join(told)}."
    yield (
        f"{models} as released cost {ladder(step.released_times for step in asked)}. Unrounded, a step of phi is "
        f"{ideal():.4g}{TIMES}; by that the released FLOPs are at phi = "
        f"{ladder(step.implied['flops'] for step in asked)}."
    )
    for name, what in (("d", "depth"), ("w", "width"), ("r", "side")):
        yield f"By their {what} the released networks are at phi = {ladder(step.implied[name] for step in asked)}."


def _versions(sightings: Sequence[Sighting]) -> Iterator[str]:
    carried = [each for each in sightings if LATEST in each.carried_by]
    odd = [each for each in carried if LATEST in each.at_odds]
    if not odd:
        return
    yield (
        f"{LATEST} of the paper prints {len(odd)} of {len(carried)} accuracies of named networks otherwise than its "
        "own Table 2."
    )
    groups: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for each in odd:
        places = groups.setdefault(each.printed_by, {}).setdefault(f"{each.top1} for {each.model}", [])
        if each.place not in places:
            places.append(each.place)
    for versions, numbers in groups.items():
        whose = f"Table 2 of {listed(versions)} has" if versions else "no version's Table 2 has"
        yield f"Of these, {whose}: {'; '.join(f'{number} ({listed(places)})' for number, places in numbers.items())}."


def _counters(statements: Sequence[Statement]) -> Iterator[str]:
    for library, counts in explaining(statements).items():
        own = [one for one in statements if one.same_network and one.library == library]
        most = max(counts.values())
        if most < len(own):
            offs = sorted(one.stated.off(one.counts[-1]) for one in own)
            yield (
                f"{library}: no convention tried explains its {len(own)} counts (at most {most} come out); the "
                f"largest, fvcore's total, is {percent(offs[0])} to {percent(offs[-1])} off."
            )
            continue
        names = " or ".join(name for name in CONVENTIONS if counts[name] == most)
        yield f"{library}: all {len(own)} counts come out as {names}."
    other = [f"{one.library} {one.model}" for one in statements if not one.same_network]
    if other:
        yield f"Another network than the lab's, by the parameters: {listed(dict.fromkeys(other))}."


def _left(recounts: Sequence[Recount]) -> Iterator[str]:
    reasons: dict[str, int] = {}
    for each in recounts:
        if each.row.why_not:
            reasons[each.row.why_not] = reasons.get(each.row.why_not, 0) + 1
    if reasons:
        yield (
            "; ".join(f"{number} {'row' if number == 1 else 'rows'}: {reason}" for reason, number in reasons.items())
            + "."
        )
