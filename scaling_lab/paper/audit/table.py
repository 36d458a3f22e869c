"""The audit as a table: a row a published row. The columns are documented here and in results/README.md."""

import pandas as pd

from scaling_lab.paper.audit.findings import Audit
from scaling_lab.paper.audit.printed import BILLION, MILLION
from scaling_lab.paper.audit.recount import Recount
from scaling_lab.report.audit import telling

COLUMNS = {
    "table": "table or figure of the paper",
    "label": "which row, or which point",
    "base": "network that is scaled, by the paper's name",
    "family": "family of the lab; empty when it has none",
    "d": "multiplier of the blocks; empty when it is not known",
    "w": "multiplier of the channels",
    "r": "multiplier of the side",
    "multipliers": "printed (for B0 to B7: by the released code), assumed (not printed in that row), or unknown",
    "side": "side in pixels under the usual reading",
    "flops_printed": "printed billions of multiply-adds, digits as printed; for a figure as drawn",
    "flops_counted": "multiply-adds that the lab counts under the usual reading, billions",
    "flops_off": "counted over printed, in percent, less 100",
    "flops_come_out": "yes when the usual count prints the same digits (a figure's point: or is within 1 %)",
    "params_printed": "printed millions of parameters, digits as printed",
    "params_counted": "parameters that the lab counts, millions",
    "params_off": "counted over printed, in percent, less 100",
    "params_come_out": "yes when the count prints the same digits",
    "tried": "number of different networks that the readings make of the row",
    "fitting": "number of those whose multiply-adds come out",
    "fitting_reading": "where the reading nearest to the usual one that comes out departs from it",
    "lowest": "lowest multiply-adds of all readings, billions",
    "highest": "highest multiply-adds of all readings, billions",
    "solved_w": "multiplier of the channels at which B0 costs what is drawn, where the figure does not print it",
    "why_not": "why the lab does not count the row",
    "source": "where the printed numbers are from",
}


def table(audit: Audit) -> pd.DataFrame:
    """One row a published row; what is missing is empty."""
    solved = {each.row: each.by.w for each in audit.solved}
    lines = [_line(each) | {"solved_w": solved.get(each.row)} for each in audit.recounts]
    whole = pd.DataFrame(lines, columns=list(COLUMNS))
    return whole.astype(dict.fromkeys(("side", "tried", "fitting"), "Int64"))


def _line(each: Recount) -> dict[str, object]:
    row = each.row
    by = {} if row.by is None else {"d": row.by.d, "w": row.by.w, "r": round(row.by.r, 4)}
    line: dict[str, object] = {
        "table": row.table,
        "label": row.label,
        "base": row.base,
        "family": row.family or None,
        **by,
        "multipliers": "unknown" if row.by is None else "assumed" if row.assumed else "printed",
        "flops_printed": row.flops.text if row.flops else None,
        "params_printed": row.params.text if row.params else None,
        "why_not": row.why_not or None,
        "source": row.source,
    }
    if each.counts:
        line |= {"side": each.usual.side, "params_counted": each.usual.params / MILLION, "tried": len(each.tried)}
        line |= {"flops_counted": each.usual.flops / BILLION}
    if each.params_off is not None:
        line |= {"params_off": round(each.params_off, 2), "params_come_out": _yes(bool(each.params_come_out))}
    return line | (_flops(each) if each.has_flops else {})


def _flops(each: Recount) -> dict[str, object]:
    low, high = each.span
    return {
        "flops_off": round(each.off, 2),
        "flops_come_out": _yes(each.comes_out),
        "fitting": len(each.fitting),
        "fitting_reading": next((telling.reading(told) for told in each.fitting.values()), None),
        "lowest": low / BILLION,
        "highest": high / BILLION,
    }


def _yes(value: bool) -> str:
    return "yes" if value else "no"
