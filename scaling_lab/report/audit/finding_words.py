"""What the audit found beyond single rows, in sentences: places, formula, versions of the paper, other counters."""

from collections.abc import Iterator, Sequence

from scaling_lab.formatting import TIMES, join_words
from scaling_lab.paper.audit.coefficients import Step, ideal
from scaling_lab.paper.audit.counters import CONVENTIONS, Statement, explaining
from scaling_lab.paper.audit.findings import Audit
from scaling_lab.paper.audit.versions import LATEST, Sighting
from scaling_lab.report.audit.telling import come, ladder, multipliers, percent


def elsewhere(audit: Audit) -> Iterator[str]:
    """What one network prints in several places of the paper."""
    for one, found in audit.twins.get(("Table 7", "Figure 3"), {}).items():
        if found:
            same = "" if any(twin.same_multipliers for twin in found) else ", another multiplier"
            others = join_words(twin.other.label for twin in found)
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
            yield f"{multipliers(place.by)} has several numbers: {join_words(numbers)}."


def formula(steps: Sequence[Step]) -> Iterator[str]:
    """The formula's networks against the released ones."""
    asked = [step for step in steps if step.phi > 0]
    if not asked:
        return
    kinds = list(asked[0].asked_times)[:2]
    told = (f"{ladder(step.asked_times[kind] for step in asked)} with the {kind}" for kind in kinds)
    phis = join_words(str(step.phi) for step in asked)
    models = join_words(step.model.removeprefix("EfficientNet-") for step in asked)
    yield f"In times B0's FLOPs the formula at phi = {phis} costs {', and '.join(told)}."
    yield (
        f"{models} as released cost {ladder(step.released_times for step in asked)}. Unrounded, a step of phi is "
        f"{ideal():.4g}{TIMES}; by that the released FLOPs are at phi = "
        f"{ladder(step.implied['flops'] for step in asked)}."
    )
    for name, what in (("d", "depth"), ("w", "width"), ("r", "side")):
        yield f"By their {what} the released networks are at phi = {ladder(step.implied[name] for step in asked)}."


def versions(sightings: Sequence[Sighting]) -> Iterator[str]:
    """The accuracies that belong to another version's Table 2."""
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
        whose = f"Table 2 of {join_words(versions)} has" if versions else "no version's Table 2 has"
        yield (
            f"Of these, {whose}: {'; '.join(f'{number} ({join_words(places)})' for number, places in numbers.items())}."
        )


def counters(statements: Sequence[Statement]) -> Iterator[str]:
    """Which convention explains what each library states."""
    for library, counts in explaining(statements).items():
        own = [one for one in statements if one.same_network and one.library == library]
        most = max(counts.values())
        if most < len(own):
            offs = [one.stated.off(one.counts[-1]) for one in own]
            low, high = percent(min(offs)), percent(max(offs))
            reach = low if low == high else f"{low} to {high}"
            what = f"its {len(own)} counts (at most {most} {come(most)} out)" if len(own) > 1 else "its count"
            yield f"{library}: no convention tried explains {what}; the largest, fvcore's total, is {reach} off."
            continue
        names = " or ".join(name for name in CONVENTIONS if counts[name] == most)
        yield f"{library}: {f'all {len(own)} counts come' if len(own) > 1 else 'its count comes'} out as {names}."
    other = [f"{one.library} {one.model}" for one in statements if not one.same_network]
    if other:
        yield f"Another network than the lab's, by the parameters: {join_words(dict.fromkeys(other))}."
