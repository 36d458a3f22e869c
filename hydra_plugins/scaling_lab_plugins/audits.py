"""`do=audit`: the families of a sweep's axes, and on to `scaling_lab.paper.audit`."""

from collections.abc import Iterable, Sequence

from hydra_plugins.scaling_lab_plugins.axes import ComposedConfig
from scaling_lab.config import registry
from scaling_lab.config.sweep_options import AUDIT, DO
from scaling_lab.errors import UserError
from scaling_lab.sweep.questions import make_options

ASKED = ("family", "study", "name", "do", "results", "reports")


def is_audit(found: Sequence[ComposedConfig]) -> bool:
    """Whether an audit is asked for.

    Raises UserError when only some of a sweep's questions are one, and for anything else to do with a study that is.
    """
    asked = {each.config.get("do") == AUDIT for each in found}
    if len(asked) > 1:
        raise UserError("do cannot be swept; there is one for the whole sweep")
    for each in found[:1]:
        study, do = each.chosen.get("study"), each.config.get("do")
        if do != AUDIT and do in DO and _audits(study):
            raise UserError(f"study={study} trains nothing and has no {do}; run it without do={do}")
    return asked == {True}


def _audits(study: str | None) -> bool:
    return study in registry.list_names("study") and registry.read_yaml("study", study).get("do") == AUDIT


def audit(axes: Iterable[str], found: Sequence[ComposedConfig], lines: Sequence[str]) -> None:
    """Audits the families of the axes. Raises UserError for any other axis, and for a family without published rows."""
    from scaling_lab.report.audit.run import write_audit

    for key in axes:
        if key not in ASKED and not key.startswith("hydra"):
            raise UserError(f"{key} cannot be asked of an audit; it takes family=..., and name, results and reports")
    where, *others = {make_options(each.config): None for each in found}
    if others:
        raise UserError("name, results and reports cannot be swept; there is one of each for the whole audit")
    families = dict.fromkeys(str(each.chosen["family"]) for each in found)
    write_audit(list(families), where.name, where.results, where.reports, lines)
