"""`do=audit`: collect the families of a sweep and pass them to `scaling_lab.paper.audit`."""

from collections.abc import Collection, Iterable, Sequence

from hydra_plugins.scaling_lab_plugins.combinations import ComposedConfig
from scaling_lab.config import registry
from scaling_lab.config.sweep_options import ACTIONS, AUDIT
from scaling_lab.errors import UserError, unknown_name
from scaling_lab.study.settings import make_options

AUDIT_SETTINGS = ("family", "study", "name", "do", "results", "reports")


def is_audit(study: str | None, actions: Collection[object]) -> bool:
    """Return whether the sweep is an audit.

    Args:
        study: name of the study; None if it has no name.
        actions: values of `do`; None where it is missing.

    Raises:
        UserError: only some of the actions are audits, an unknown one is given to an audit study, or one that trains.
    """
    audits = {action == AUDIT for action in actions}
    if len(audits) > 1:
        raise UserError("do cannot be swept: it applies to the whole sweep")
    if audits == {False} and _is_audit_study(study):
        for do in actions:
            if do in ACTIONS:
                raise UserError(f"study={study} trains nothing, so do={do} is not possible; leave out do={do}")
            if do is not None:
                raise unknown_name("do", str(do), ACTIONS)
    return audits == {True}


def _is_audit_study(study: str | None) -> bool:
    return study in registry.list_names("study") and registry.read_yaml("study", study).get("do") == AUDIT


def refuse_other_axes(axes: Iterable[str]) -> None:
    """Raise UserError for an axis that does not apply to an audit."""
    for key in axes:
        if key not in AUDIT_SETTINGS and not key.startswith("hydra"):
            raise UserError(f"{key} does not apply to an audit; set family, name, results or reports")


def run_audit(configs: Sequence[ComposedConfig], overrides: Sequence[str]) -> None:
    """Audit the families of the axes. Raises UserError for a family without published rows."""
    from scaling_lab.report.audit.run import write_audit

    options, *others = {make_options(config.config): None for config in configs}
    if others:
        raise UserError("name, results and reports cannot be swept: they apply to the whole audit")
    families = dict.fromkeys(str(config.chosen["family"]) for config in configs)
    write_audit(list(families), options.name, options.results, options.reports, overrides)
