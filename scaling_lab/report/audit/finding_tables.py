"""Tables of the audit's page about findings: repeated networks, formula, versions, other libraries, rounding."""

from collections.abc import Sequence

from scaling_lab.paper.audit.counters import CONVENTIONS, LibraryCount
from scaling_lab.paper.audit.findings import Audit
from scaling_lab.paper.audit.printed import BILLION
from scaling_lab.paper.audit.versions import VERSIONS, table2_accuracies
from scaling_lab.paper.tables import read_printed_records
from scaling_lab.report.audit.row_tables import BAD, DASH, GOOD, LEFT, SOFT, PageTable, RowGroup, TextCell

ROUNDING_COLUMNS = {
    "official": ("published", ""),
    "stem": ("stem", ""),
    "width_multiple": ("widths", "multiples of"),
    "squeeze": ("squeeze", LEFT),
    "head": ("head", ""),
    "first_stage": ("first stage", ""),
    "last_stage": ("last stage", ""),
    "note": ("remarks", LEFT),
}
"""Columns of the published table `rounding`, each with name and unit."""
ROUNDING_NOTE = (
    "Published: which multipliers the family's own paper or code has. Stem, head: whether the width multiplier applies "
    "to them (grows: only above 1). First and last stage: whether the depth multiplier does. Tests check that the lab "
    "follows this table under the rounding `paper`; sources are in scaling_lab/paper/tables/rounding.csv."
)


def finding_tables(audit: Audit) -> list[PageTable]:
    """Return the tables about findings, then the rounding of every family."""
    return [
        _repeated(audit),
        _formula(audit),
        _quoted(audit),
        _accuracies(audit),
        _libraries(audit.library_counts),
        _rounding(),
    ]


def _repeated(audit: Audit) -> PageTable:
    columns = [("where", ""), ("row or point", LEFT), ("FLOPs", "published, B"), ("top-1", "published, %")]
    groups = []
    for network in audit.repeated:
        if network.has_conflict and any(row.side is None for row in network.rows):
            by = network.multipliers
            rows: list[list[TextCell]] = [
                [(row.table, ""), (row.label, LEFT), (row.flops.text, ""), (row.top1, "")]
                for row in network.rows
                if row.flops
            ]
            groups.append(RowGroup(f"d={by.d:g}, w={by.w:g}, r={by.r:.3g}", rows))
    note = "Multipliers for which the paper shows several numbers; FLOPs are multiply-adds, drawn ones off figures."
    return PageTable("The same network in several places", columns, groups, note)


def _formula(audit: Audit) -> PageTable:
    side_choices = list(audit.steps[0].formula_flops)[:2] if audit.steps else []
    formula_columns = [
        column for choice in side_choices for column in (("side", f"px, {choice}"), ("FLOPs", "relative to B0"))
    ]
    columns = [("phi", ""), ("d", ""), ("w", ""), *formula_columns]
    columns += [("d", ""), ("w", ""), ("side", "px"), ("FLOPs", "relative to B0")]
    columns += [("by d", ""), ("by w", ""), ("by side", ""), ("by FLOPs", "")]
    rows: list[list[TextCell]] = []
    for step in audit.steps:
        texts = [f"{step.phi}, {step.model.removeprefix('EfficientNet-')}"]
        texts += [f"{step.formula.d:.3f}", f"{step.formula.w:.3f}"]
        for choice in side_choices:
            texts += [str(step.formula_sides[choice]), f"{step.formula_flops[choice]:.1f}"]
        texts += [f"{step.released.d:g}", f"{step.released.w:g}", str(step.released_side), f"{step.released_flops:.1f}"]
        texts += [f"{step.implied_phi[name]:.2f}" for name in ("d", "w", "r", "flops")]
        rows.append([(text, "") for text in texts])
    note = (
        "Both counted by the lab, depths and widths rounded as in the released code. Released: the released "
        "coefficients of B0 to B7. Implied phi: the phi at which the formula, unrounded, has the released value."
    )
    column_groups = [("", 1), ("formula", 2 + 2 * len(side_choices)), ("released", 4), ("implied phi", 4)]
    return PageTable(
        "Formula and released coefficients", columns, [RowGroup("", rows)], note, column_groups=column_groups
    )


def _quoted(audit: Audit) -> PageTable:
    columns = [("where", ""), ("row or point", LEFT), ("network", LEFT), ("top-1", "published, %")]
    columns += [("printed in", "version"), ("Table 2 of", "version")]
    rows: list[list[TextCell]] = [
        [
            (quoted.place, ""),
            (quoted.label, LEFT),
            (quoted.model, LEFT),
            (quoted.top1, ""),
            (", ".join(quoted.carried_by), ""),
            (", ".join(quoted.printed_by) or "none", BAD if quoted.conflicting_versions else GOOD),
        ]
        for quoted in audit.quoted
    ]
    note = (
        "Table 2 of: the versions of the paper whose Table 2 prints this accuracy for this network; red if a version "
        "that prints it here is not among them."
    )
    return PageTable("Accuracies of named networks outside Table 2", columns, [RowGroup("", rows)], note)


def _accuracies(audit: Audit) -> PageTable:
    models = {quoted.model for quoted in audit.quoted}
    models |= {recount.row.label for recount in audit.recounts if recount.row.table == "Table 2"}
    rows: list[list[TextCell]] = [
        [(model, ""), *((by_version.get(version, DASH), "") for version in VERSIONS)]
        for model, by_version in table2_accuracies().items()
        if model in models and len(set(by_version.values())) > 1
    ]
    columns = [("network", ""), *((version, "top-1, %") for version in VERSIONS)]
    note = "Published ImageNet accuracies of networks whose number changed between versions."
    return PageTable("Table 2 in three versions", columns, [RowGroup("", rows)], note)


def _libraries(counts: Sequence[LibraryCount]) -> PageTable:
    columns = [("network", ""), ("side", "px"), ("stated", "billion")]
    columns += [(f"convention {number}", "counted") for number in range(1, len(CONVENTIONS) + 1)]
    groups: dict[str, list[list[TextCell]]] = {}
    for count in counts:
        cells: list[TextCell] = [(count.model, ""), (str(count.side), ""), (count.stated.text, "")]
        if count.is_same_network:
            cells += [
                (f"{flops / BILLION:.4f}", GOOD if count.stated.matches(flops) else SOFT) for flops in count.counts
            ]
        else:
            cells += [("another network", SOFT), *[("", "")] * (len(CONVENTIONS) - 1)]
        groups.setdefault(count.library, []).append(cells)
    names = "; ".join(f"{number}, {name}" for number, name in enumerate(CONVENTIONS, 1))
    note = f"Conventions: {names}. Green: matches the stated digits. Another network: it has other parameters."
    row_groups = [RowGroup(library, rows) for library, rows in groups.items()]
    return PageTable("Multiply-adds stated by other libraries", columns, row_groups, note, is_folded=True)


def _rounding() -> PageTable:
    rows: list[list[TextCell]] = []
    for record in read_printed_records("rounding"):
        cells: list[TextCell] = [(record["families"], "")]
        for name, (_, unit) in ROUNDING_COLUMNS.items():
            cells.append((record[name], unit if unit == LEFT else SOFT if record[name] in ("none", "") else ""))
        rows.append(cells)
    columns = [("families", ""), *ROUNDING_COLUMNS.values()]
    return PageTable("Rounding by family", columns, [RowGroup("", rows)], ROUNDING_NOTE)
