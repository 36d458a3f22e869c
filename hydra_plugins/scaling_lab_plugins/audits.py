"""`do=audit`: collect the families of a sweep and pass them to `scaling_lab.paper.audit`."""

from collections.abc import Iterable, Sequence

from hydra_plugins.scaling_lab_plugins.combinations import ComposedConfig
from scaling_lab.config import registry
from scaling_lab.config.sweep_options import ACTIONS, AUDIT
from scaling_lab.errors import UserError
from scaling_lab.study.settings import make_options

AUDIT_SETTINGS = ("family", "study", "name", "do", "results", "reports")


def is_audit(configs: Sequence[ComposedConfig]) -> bool:
    """Return whether the sweep is an audit.

    Raises:
        UserError: only some of the questions are, or an audit study is used with another `do`.
    """
    actions = {config.config.get("do") == AUDIT for config in configs}
    if len(actions) > 1:
        raise UserError("do cannot be swept: it applies to the whole sweep")
    for config in configs[:1]:
        study, do = config.chosen.get("study"), config.config.get("do")
        if do != AUDIT and do in ACTIONS and _is_audit_study(study):
            raise UserError(f"study={study} trains nothing, so do={do} is not possible; leave out do={do}")
    return actions == {True}


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
