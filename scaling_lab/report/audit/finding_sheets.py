"""The tables of the audit's page about the formula, the versions of the paper, and other counters."""

from collections.abc import Sequence

from scaling_lab.paper.audit.counters import CONVENTIONS, Statement
from scaling_lab.paper.audit.findings import Audit
from scaling_lab.paper.audit.printed import BILLION
from scaling_lab.paper.audit.versions import table2
from scaling_lab.report.audit.cells import BAD, GOOD, NOTHING, SOFT, Cell, Group, Sheet


def findings(audit: Audit) -> list[Sheet]:
    """Formula, versions, Table 2's accuracies, counters."""
    return [_formula(audit), _versions(audit), _accuracies(audit), _counters(audit.statements)]


def _formula(audit: Audit) -> Sheet:
    kinds = list(audit.steps[0].asked_times)[:2] if audit.steps else []
    over = [("", 1), ("formula", 2 + 2 * len(kinds)), ("released", 4), ("phi that the released one would be", 4)]
    heads = [("phi", ""), ("d", ""), ("w", "")]
    heads += [head for kind in kinds for head in (("side", f"px, {kind}"), ("FLOPs", "times B0's"))]
    heads += [
        ("d", ""),
        ("w", ""),
        ("side", "px"),
        ("FLOPs", "times B0's"),
        ("by d", ""),
        ("by w", ""),
        ("by side", ""),
        ("by FLOPs", ""),
    ]
    lines = []
    for step in audit.steps:
        texts = [
            f"{step.phi}, {step.model.removeprefix('EfficientNet-')}",
            f"{step.asked.d:.3f}",
            f"{step.asked.w:.3f}",
        ]
        for kind in kinds:
            texts += [str(step.asked_sides[kind]), f"{step.asked_times[kind]:.1f}"]
        texts += [f"{step.released.d:g}", f"{step.released.w:g}", str(step.released_side), f"{step.released_times:.1f}"]
        texts += [f"{step.implied[name]:.2f}" for name in ("d", "w", "r", "flops")]
        lines.append([(text, "") for text in texts])
    note = (
        "Both sides counted by the lab, depths and widths rounded as in the released code. Released: its "
        "coefficients for B0 to B7."
    )
    return Sheet("Formula and released coefficients", heads, [Group("", lines)], note, over=over)


def _versions(audit: Audit) -> Sheet:
    heads = [
        ("where", ""),
        ("row or point", "left"),
        ("network", "left"),
        ("top-1", "published, %"),
        ("printed in", "version"),
        ("Table 2 of", "version"),
    ]
    lines: list[list[Cell]] = []
    for each in audit.sightings:
        whose = ", ".join(each.printed_by) or "none"
        mark = BAD if each.at_odds else GOOD
        lines.append(
            [
                (each.place, ""),
                (each.label, "left"),
                (each.model, "left"),
                (each.top1, ""),
                (", ".join(each.carried_by), ""),
                (whose, mark),
            ]
        )
    note = (
        "Table 2 of: the versions of the paper whose Table 2 prints this accuracy for this network; red where a "
        "version that prints it here is not among them."
    )
    return Sheet("Accuracies of named networks outside Table 2", heads, [Group("", lines)], note)


def _accuracies(audit: Audit) -> Sheet:
    named = {each.model for each in audit.sightings} | {
        each.row.label for each in audit.recounts if each.row.table == "Table 2"
    }
    lines = [
        [(model, ""), *((by_version.get(version, NOTHING), "") for version in ("v1", "v3", "v5"))]
        for model, by_version in table2().items()
        if model in named and len(set(by_version.values())) > 1
    ]
    heads = [("network", ""), *((version, "top-1, %") for version in ("v1", "v3", "v5"))]
    return Sheet(
        "Table 2 in three versions",
        heads,
        [Group("", lines)],
        "Published ImageNet accuracies; networks whose number changed.",
    )


def _counters(statements: Sequence[Statement]) -> Sheet:
    heads = [
        ("network", ""),
        ("side", "px"),
        ("stated", "billion"),
        *((f"convention {n}", "counted") for n in range(1, len(CONVENTIONS) + 1)),
    ]
    groups: dict[str, list[list[Cell]]] = {}
    for one in statements:
        cells: list[Cell] = [(one.model, ""), (str(one.side), ""), (one.stated.text, "")]
        if one.same_network:
            fits = (one.stated.comes_out(count) for count in one.counts)
            cells += [
                (f"{count / BILLION:.4f}", GOOD if fit else SOFT) for count, fit in zip(one.counts, fits, strict=True)
            ]
        else:
            cells += [("another network", SOFT), *[("", "")] * (len(CONVENTIONS) - 1)]
        groups.setdefault(one.library, []).append(cells)
    note = (
        "Conventions: "
        + "; ".join(f"{n}, {name}" for n, name in enumerate(CONVENTIONS, 1))
        + ". Green: prints what is stated."
    )
    return Sheet(
        "What other libraries state", heads, [Group(name, rows) for name, rows in groups.items()], note, folded=True
    )
