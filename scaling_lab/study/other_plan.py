"""The plan that a results folder already has: refuse, extend or replace it (`on_other_plan`). No torch."""

import logging
import shlex
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from scaling_lab.config.sweep_options import EXTEND, REFUSE, REPLACE, SETTLE, SweepOptions
from scaling_lab.errors import UserError, UserErrors
from scaling_lab.formatting import format_sweep_command, pluralize
from scaling_lab.store.leases import Leases, LeaseState
from scaling_lab.store.looks import read_looks
from scaling_lab.store.plan_schema import DEFAULT_VERDICTS, Entry, Plan, PlannedVerdicts
from scaling_lab.store.results import PLAN_FILE, Store
from scaling_lab.store.snapshot import keys_in_table_alone, snapshot_keys
from scaling_lab.store.snapshot_file import SNAPSHOT_FILE
from scaling_lab.study.family_sources import check_same_sources, edited_sources

if TYPE_CHECKING:
    from scaling_lab.study.context import SweepContext

logger = logging.getLogger(__name__)


def stored_plan(store: Store) -> Plan | None:
    """Return the plan of a results folder; None if there is none that can be read."""
    try:
        return store.read_plan()
    except UserError:
        return None


def combine_plans(stored: Plan | None, plan: Plan, on_other_plan: str) -> Plan:
    """Return the plan that a sweep writes: its own, or the union with the stored one.

    A command that the stored plan has already keeps the questions of the others, for any `on_other_plan`, unless
    it replaces them.

    Args:
        stored: the plan of the results folder, if any.
        plan: the questions of this command.
        on_other_plan: what to do with the questions that this command lacks.
    """
    if stored is None or not (lacking := lacking_entries(plan, stored)):
        return plan
    command = format_sweep_command("sweep", plan.asked)
    others = tuple(c for c in stored.commands if format_sweep_command("sweep", c) != command)
    is_known = len(others) < len(stored.commands)
    if on_other_plan == EXTEND or (is_known and others and on_other_plan == REFUSE):
        skipped = tuple(dict.fromkeys((*stored.skipped, *plan.skipped)))
        sources = {source.name: source for source in (*stored.datasets, *plan.datasets)}
        families = {source.name: source for source in (*stored.families, *plan.families)}
        return replace(
            plan,
            entries=(*lacking, *plan.entries),
            earlier_commands=others,
            skipped=skipped,
            datasets=tuple(sources.values()),
            families=tuple(families.values()),
        )
    return plan


def combine_verdicts(stored: Plan | None, plan: Plan, on_other_plan: str, finished: int) -> PlannedVerdicts:
    """Return which pairs a plan tests, and which difference matters.

    What this command does not set is kept from the stored plan, unless that is replaced.

    Args:
        stored: the plan of the results folder, if any.
        plan: the plan to write.
        on_other_plan: what to do with the stored plan.
        finished: number of points of the plan that have a result.
    """
    own, earlier = plan.verdicts, stored.verdicts if stored else DEFAULT_VERDICTS
    if on_other_plan != REPLACE:
        rules = {entry.question.rule for entry in plan.entries}
        remaining = tuple(pair for pair in earlier.contrasts if rules.issuperset(pair))
        delta = earlier.delta if own.delta is None else own.delta
        own = replace(own, contrasts=own.contrasts or remaining, delta=delta)
    contrasts = [set(map(frozenset, verdicts.contrasts)) for verdicts in (own, earlier)]
    before = finished if own.contrasts else 0
    after = finished if own.delta is not None else 0
    return replace(
        own,
        finished_before=earlier.finished_before if contrasts[0] == contrasts[1] else before,
        delta_after=earlier.delta_after if own.delta == earlier.delta else after,
    )


def lacking_entries(plan: Plan, other: Plan) -> tuple[Entry, ...]:
    """Return the entries of the other plan whose questions this one lacks; another name of the same family is none."""
    questions = {entry.question for entry in plan.entries}
    renamed = {(entry.key, replace(entry.question, family="")) for entry in plan.entries}
    return tuple(
        entry
        for entry in other.entries
        if entry.question not in questions and (entry.key, replace(entry.question, family="")) not in renamed
    )


def check_stored_plan(sweep: "SweepContext") -> None:
    """Raise UserErrors if the sweep would drop questions that have results, or are being trained, from the plan, or has
    other code under the name of a family.

    With `on_other_plan=replace`, and where there is nothing to lose, a warning says so instead.
    """
    options, store = sweep.options, sweep.store
    stored = sweep.stored
    if stored is None:
        if (store.folder / PLAN_FILE).exists():
            logger.warning("%s cannot be read and is replaced", store.folder / PLAN_FILE)
        return
    if stored.entries != sweep.plan.entries and (alone := keys_in_table_alone(store, stored)):
        raise UserErrors([_alone_refusal(sweep, len(alone))])
    if options.on_other_plan != REPLACE:
        check_same_sources(stored, sweep.study.plan)
    with_results = store.result_sizes().keys() | snapshot_keys(store, stored)
    if edited := edited_sources(stored, sweep.study.plan, with_results):
        logger.warning("%s", edited)
    lost = lacking_entries(sweep.plan, stored)
    keys = {entry.key for entry in lost}
    finished = keys & with_results
    running = {key for key, lease in _leases(sweep, keys - finished).items() if lease.is_alive}
    if options.on_other_plan == REFUSE and (finished or running):
        raise UserErrors(_refusal(sweep, len(lost), len(finished), len(running)))
    if lost:
        logger.warning(
            "%s the plan in %s: %s, of which %s, %s not in this one; results stay",
            "replacing" if options.do == "run" else "do=run replaces",
            store.folder,
            pluralize(len(lost), "question"),
            _with_results(len(finished)),
            "is" if len(lost) == 1 else "are",
        )


def plan_at_end(sweep: "SweepContext") -> Plan:
    """Return the plan to finish a sweep with: other commands may have written plan.json since it started.

    A plan that they extended is taken. One that lacks questions of this sweep is extended with `on_other_plan=extend`.

    Raises:
        UserError: the plan on disk lacks questions of this sweep, whose table and report would replace the other's.
        WriteError: the plan cannot be written.
    """
    stored = stored_plan(sweep.store)
    if stored is None or stored.entries == sweep.plan.entries:
        return sweep.plan
    if not lacking_entries(stored, sweep.plan):
        logger.info("another command extended the plan meanwhile; the report has its questions too")
        return stored
    if sweep.options.on_other_plan == EXTEND:
        plan = combine_plans(stored, sweep.plan, EXTEND)
        sweep.store.write_plan(plan)
        return plan
    raise UserError(
        f"another command replaced {sweep.store.folder / PLAN_FILE} while this one ran, so no table and report are "
        f"written; results stay. For one study of both: {_command(sweep.options, sweep.plan, EXTEND)}"
    )


def missing_of_other_commands(sweep: "SweepContext") -> str:
    """Return a sentence about points of the plan that other commands train; empty if there are none."""
    count = len(sweep.status.remaining) - len(sweep.remaining)
    if not count:
        return ""
    commands = "; ".join(format_sweep_command("sweep", command) for command in sweep.plan.earlier_commands)
    verb = "is" if count == 1 else "are"
    return f"{pluralize(count, 'point')} of other commands {verb} missing and not trained by this one: {commands}"


def _refusal(sweep: "SweepContext", questions: int, finished: int, running: int) -> list[str]:
    options, plan = sweep.options, sweep.plan
    trained = f", and {running} being trained" * bool(running)
    lacks = f"{pluralize(questions, 'question')} ({_with_results(finished)}{trained})"
    settled = [look for look in read_looks(sweep.store) if look.command == SETTLE]
    delta = "" if sweep.stored is None or sweep.stored.verdicts.delta is None else f"{sweep.stored.verdicts.delta:g}"
    return [
        f"{sweep.store.folder} has another plan: {lacks} {'is' if questions == 1 else 'are'} not in this one",
        *[
            "settle added seeds to that plan; to go on with it: "
            f"scaling-lab settle {shlex.quote(str(sweep.store.folder))} --delta {delta or 'POINTS'}"
        ][: len(settled)],
        f"to keep both in one study: {_command(options, plan, EXTEND)}",
        f"to replace that plan, its table and its report (results stay): {_command(options, plan, REPLACE)}",
        f"to separate the two: {_command(options, plan, without='name')} name=...",
    ]


def _alone_refusal(sweep: "SweepContext", results: int) -> str:
    verb = "is" if results == 1 else "are"
    return (
        f"{pluralize(results, 'result')} of {sweep.store.folder} {verb} in {SNAPSHOT_FILE} alone, which answers the "
        f"questions of its plan and no other: {_command(sweep.options, sweep.plan, without='name')} name=..."
    )


def _with_results(number: int) -> str:
    return f"{number} with {'a result' if number == 1 else 'results'}"


def _command(options: SweepOptions, plan: Plan, on_other_plan: str | None = None, without: str | None = None) -> str:
    overrides = (override for override in plan.asked if override.partition("=")[0] != without)
    command = format_sweep_command("plan" if options.do == "plan" else "sweep", overrides)
    return command if on_other_plan is None else f"{command} on_other_plan={on_other_plan}"


def _leases(sweep: "SweepContext", keys: Collection[str]) -> dict[str, LeaseState]:
    return Leases(sweep.store.leases, sweep.options.execution.lease_seconds).states(keys)
