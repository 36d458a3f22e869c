"""`make_sweep`: the settings of all questions of a sweep to what `run_sweep` takes."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scaling_lab.analysis.verdict_options import parse_contrasts
from scaling_lab.config import registry
from scaling_lab.config.sweep_options import REFUSE, SETTLE, SweepOptions
from scaling_lab.errors import ErrorCollector, UserError
from scaling_lab.modules.names import is_code
from scaling_lab.store.plan_schema import PlannedVerdicts
from scaling_lab.study.family_sources import distinguish_families
from scaling_lab.study.lr_grid import expand_lr_grid
from scaling_lab.study.packages import check_packages
from scaling_lab.study.plan import Study, plan_study
from scaling_lab.study.questions import CheckedQuestion, check_question, read_datasets
from scaling_lab.study.settings import ENGINE, LR_GRID, lr_factors, make_executor, make_options

if TYPE_CHECKING:
    from scaling_lab.study.executors.protocol import Executor

PLANNED = ("run", "plan", SETTLE)
"""What `do` plans points for."""

logger = logging.getLogger(__name__)


def make_sweep(
    configs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]],
    overrides: Sequence[str],
    check_devices: bool = True,
) -> "tuple[SweepOptions, Study, Executor]":
    """Return what `run_sweep` takes.

    Args:
        configs: settings of each question, and the names chosen in its groups; at least one.
        overrides: the settings as the user wrote them, for the record.
        check_devices: whether devices that the executor lacks are a mistake; to see takes a process that imports torch.

    Raises:
        UserErrors: a package that is not installed; else all mistakes in the settings, and those of planning; also if
            settings of the whole sweep differ between questions.
    """
    errors, checked, factors = ErrorCollector(), list[CheckedQuestion](), list[Any]()
    with errors.collect():
        options, executor = _common_settings([config for config, _ in configs])
    with errors.collect():
        factors = _common_factors([config for config, _ in configs])
        expand_lr_grid([], factors)
    if not errors.messages and options.do in PLANNED:
        check_packages(options)  # at once: planning can take minutes
    if any(is_code(config.get("family")) for config, _ in configs):
        errors.raise_collected()  # at once: the factory is called several times
    for config, chosen in configs:
        with errors.collect():
            checked.append(check_question(config, chosen))
    if check_devices and not errors.messages and options.do in PLANNED:
        with errors.collect():
            executor.slots(options, len(configs))
    specs = distinguish_families(read_datasets(checked, errors))
    if errors.messages:
        with errors.collect():
            first, _ = configs[0]
            plan_study("", (), specs, first.get("above_native") is True, first.get("infeasible", REFUSE))
    errors.raise_collected()
    contrasts = _read_contrasts(options.contrasts, {spec.question.rule for spec in specs}, overrides)
    verdicts = PlannedVerdicts(contrasts, options.delta)
    specs += expand_lr_grid(specs, factors)
    study = plan_study(options.name, overrides, specs, options.above_native, options.infeasible)
    return options, replace(study, plan=replace(study.plan, verdicts=verdicts)), executor


def _read_contrasts(
    texts: Sequence[str], rules: Collection[str], overrides: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """Return the pairs of rules to test. Those of a study's file need not be in this sweep, those of the user must.

    Raises:
        UserErrors: A text names an unknown rule, or not two rules.
    """
    if any(override.lstrip("+").startswith("contrasts=") for override in overrides):
        return parse_contrasts("contrasts", texts, rules)
    pairs = parse_contrasts("contrasts", texts, {*rules, *registry.list_names("rule")})
    for pair in pairs:
        if missing := [rule for rule in pair if rule not in rules]:
            logger.warning("contrast %s of the study is not tested: no question has %s", "-".join(pair), missing[0])
    return tuple(pair for pair in pairs if set(pair) <= set(rules))


def _common_settings(configs: Sequence[Mapping[str, Any]]) -> "tuple[SweepOptions, Executor]":
    """Return the options and the executor of all questions. Raises UserErrors, also if they differ."""
    distinct = {_options_and_executor(config): None for config in configs}
    (options, executor), *others = distinct
    for other_options, other_executor in others:
        if other_executor != executor:
            raise UserError(f"{ENGINE} cannot be swept: it applies to the whole sweep")
        pairs = [(options, other_options), (options.execution, other_options.execution)]
        names = [name for a, b in pairs for name in vars(a) if getattr(a, name) != getattr(b, name)]
        name = next(name for name in names if name != "execution")
        raise UserError(f"{name} cannot be swept: it applies to the whole sweep")
    return options, executor


def _options_and_executor(config: Mapping[str, Any]) -> "tuple[SweepOptions, Executor]":
    errors = ErrorCollector()
    with errors.collect():
        executor = make_executor(config)
    with errors.collect():
        options = make_options(config)
    errors.raise_collected()
    return options, executor


def _common_factors(configs: Sequence[Mapping[str, Any]]) -> list[Any]:
    first, *others = (lr_factors(config) for config in configs)
    if any(other != first for other in others):
        raise UserError(f"{LR_GRID} cannot be swept: it applies to the whole sweep")
    return first
