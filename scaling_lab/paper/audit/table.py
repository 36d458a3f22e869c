"""`audit.csv`: one line per published row. The columns are documented here and in results/README.md."""

import pandas as pd

from scaling_lab.paper.audit.findings import Audit
from scaling_lab.paper.audit.printed import BILLION, MILLION
from scaling_lab.paper.audit.recount import Recount

AUDIT_COLUMNS = {
    "table": "table or figure of the paper",
    "label": "row or point",
    "base": "network that is scaled, by the paper's name",
    "family": "the lab's family; empty if it has none",
    "d": "multiplier of the blocks; empty if unknown",
    "w": "multiplier of the channels",
    "r": "multiplier of the side",
    "multipliers": "printed (for B0 to B7: by the released code), assumed (not printed in that row), or unknown",
    "side": "side in pixels under the usual reading",
    "flops_printed": "printed billions of multiply-adds, digits as printed; for a figure as drawn",
    "flops_counted": "billions of multiply-adds that the lab counts under the usual reading",
    "flops_off": "by how many percent counted is above printed",
    "flops_come_out": "yes if the usual count matches the printed digits (for a figure's point: or is within 1 %)",
    "params_printed": "printed millions of parameters, digits as printed",
    "params_counted": "millions of parameters that the lab counts",
    "params_off": "by how many percent counted is above printed",
    "params_come_out": "yes if the count matches the printed digits",
    "tried": "number of distinct networks over all readings",
    "fitting": "number of those whose multiply-adds match",
    "fitting_reading": "how the matching reading nearest to the usual one differs from it",
    "lowest": "lowest multiply-adds of all readings, billions",
    "highest": "highest multiply-adds of all readings, billions",
    "solved_w": "multiplier of the channels at which B0 costs the drawn FLOPs, where the figure does not print it",
    "why_not": "reason why the lab does not count the row",
    "source": "where the printed numbers come from",
}


def audit_table(audit: Audit) -> pd.DataFrame:
    """Return one line per published row, with `AUDIT_COLUMNS`; missing values are empty."""
    solved = {solution.row: solution.multipliers.w for solution in audit.solved_widths}
    lines = [_line(recount) | {"solved_w": solved.get(recount.row)} for recount in audit.recounts]
    table = pd.DataFrame(lines, columns=list(AUDIT_COLUMNS))
    return table.astype(dict.fromkeys(("side", "tried", "fitting"), "Int64"))


def _line(recount: Recount) -> dict[str, object]:
    row = recount.row
    by = row.multipliers
    line: dict[str, object] = {
        "table": row.table,
        "label": row.label,
        "base": row.base,
        "family": row.family or None,
        **({} if by is None else {"d": by.d, "w": by.w, "r": round(by.r, 4)}),
        "multipliers": "unknown" if by is None else "assumed" if row.is_assumed else "printed",
        "flops_printed": row.flops.text if row.flops else None,
        "params_printed": row.params.text if row.params else None,
        "why_not": row.reason or None,
        "source": row.source,
    }
    if recount.counts:
        line |= {
            "side": recount.usual.side,
            "flops_counted": recount.usual.flops / BILLION,
            "params_counted": recount.usual.params / MILLION,
            "tried": len(recount.distinct_counts),
        }
    if recount.params_deviation is not None:
        line |= {
            "params_off": round(recount.params_deviation, 2),
            "params_come_out": _yes_or_no(bool(recount.is_params_match)),
        }
    return line | (_flops(recount) if recount.has_flops else {})


def _flops(recount: Recount) -> dict[str, object]:
    lowest, highest = recount.flops_range
    return {
        "flops_off": round(recount.deviation, 2),
        "flops_come_out": _yes_or_no(recount.is_match),
        "fitting": len(recount.matching_counts),
        "fitting_reading": next((reading.describe() for reading in recount.matching_counts.values()), None),
        "lowest": lowest / BILLION,
        "highest": highest / BILLION,
    }


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"
