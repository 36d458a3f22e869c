"""The plan and the looks of results folders that are merged. No torch."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from scaling_lab.errors import UserErrors
from scaling_lab.formatting import format_sweep_command
from scaling_lab.store.looks import LOOKS_FILE, RecordedLook, read_looks
from scaling_lab.store.plan_schema import DEFAULT_VERDICTS, Entry, Plan, PlannedVerdicts, Question
from scaling_lab.store.results import RECORD_FILE, Store
from scaling_lab.store.snapshot_file import SNAPSHOT_FILE


def merge_plans(study: str, plans: Mapping[str, Plan]) -> tuple[Plan, list[str]]:
    """Return one plan with the questions of all, and sentences on what they do not agree on.

    Args:
        study: Name of the study.
        plans: The plans by the name of their folder.

    Raises:
        UserErrors: A question is answered by different points: the plans trained it in different ways.
    """
    entries: dict[Question, Entry] = {}
    owners: dict[Question, str] = {}
    messages = []
    for name, plan in plans.items():
        for entry in plan.entries:
            known = entries.setdefault(entry.question, entry)
            owner = owners.setdefault(entry.question, name)
            if known.key != entry.key:
                question = entry.question
                messages.append(
                    f"{question.family}, {question.rule} at {question.times_flops} times, {question.dataset}, recipe "
                    f"{question.recipe}, seed {question.seed} is another point in {owner} ({known.key}) than in {name} "
                    f"({entry.key}): network, data or recipe differ; compare the folders without merging them"
                )
    if messages:
        raise UserErrors(messages)
    commands = {format_sweep_command("sweep", c): c for plan in plans.values() for c in plan.commands}
    *earlier, last = commands.values()
    sources = {source.name: source for plan in plans.values() for source in plan.datasets}
    skipped = dict.fromkeys(
        skipped_question
        for plan in plans.values()
        for skipped_question in plan.skipped
        if skipped_question.question not in entries
    )
    verdicts, notes = _merge_verdicts(plans)
    datasets = tuple(sources.values())
    families = tuple({source.name: source for plan in plans.values() for source in plan.families}.values())
    return Plan(
        study, last, tuple(entries.values()), tuple(earlier), tuple(skipped), verdicts, datasets, families
    ), notes


def _merge_verdicts(plans: Mapping[str, Plan]) -> tuple[PlannedVerdicts, list[str]]:
    """Return the contrasts and the delta on which all plans agree, and sentences on the others."""
    every = [plan.verdicts for plan in plans.values()]
    pairs = {frozenset(map(frozenset, verdicts.contrasts)) for verdicts in every}
    deltas = {verdicts.delta for verdicts in every}
    merged, notes = DEFAULT_VERDICTS, list[str]()
    if len(pairs) == 1:
        merged = replace(merged, contrasts=every[0].contrasts, finished_before=sum(v.finished_before for v in every))
    else:
        notes.append(f"{' and '.join(plans)} plan different contrasts: none are kept, and all pairs are tested.")
    if len(deltas) == 1:
        merged = replace(merged, delta=every[0].delta, delta_after=sum(verdicts.delta_after for verdicts in every))
    else:
        notes.append(f"{' and '.join(plans)} have different deltas: none is kept.")
    return merged, notes


def merge_looks(
    stores: Sequence[Store], finished: Sequence[Collection[str]], planned: Collection[str]
) -> list[RecordedLook]:
    """Return the looks at all studies in order of time; to each of them the rest of the merged study was unfinished.

    Args:
        stores: The folders.
        finished: Keys of the results of each.
        planned: Keys of the points of the merged study.
    """
    looks = [look for store, keys in zip(stores, finished, strict=True) for look in _looks_of(store, keys)]
    seen, merged = set[str](), list[RecordedLook]()
    for look in sorted(looks, key=lambda recorded: recorded.when):
        seen.update(look.keys)
        waiting = tuple(sorted(set(planned) - seen))
        merged.append(replace(look, waiting=waiting, share=look.share if len(stores) == 1 else None))
    return merged


def _looks_of(store: Store, finished: Collection[str]) -> list[RecordedLook]:
    """Return the looks at one study; one at all of it where they were not recorded, but the study was reported."""
    was_shown = any((store.folder / name).exists() for name in (SNAPSHOT_FILE, RECORD_FILE))
    if (store.folder / LOOKS_FILE).exists() or not was_shown:
        return read_looks(store)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return [RecordedLook(when, "before looks were recorded", tuple(sorted(finished)))]
