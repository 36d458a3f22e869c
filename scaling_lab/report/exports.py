"""Export the tables of a study: CSV and Parquet with all columns, LaTeX with the columns that a paper prints."""

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from scaling_lab.analysis.accuracy_table import make_accuracy_table
from scaling_lab.analysis.by_metric import score_evidence
from scaling_lab.analysis.curves.fit import fit_curves
from scaling_lab.analysis.curves.growth import measure_growth
from scaling_lab.analysis.curves.savings import measure_savings
from scaling_lab.analysis.equal_cost import compare_at_equal_cost
from scaling_lab.analysis.evidence import Evidence, collect_evidence
from scaling_lab.analysis.gains import compare_with_baseline
from scaling_lab.analysis.metrics import ACCURACY, Metric
from scaling_lab.analysis.rule_pairs import ALL_PAIRS
from scaling_lab.analysis.shares.surface import fit_surfaces
from scaling_lab.analysis.stats.looks import Look
from scaling_lab.analysis.tables import (
    make_baseline_table,
    make_curve_table,
    make_gain_table,
    make_saving_table,
    make_share_table,
)
from scaling_lab.analysis.verdict_options import VerdictOptions
from scaling_lab.analysis.verdict_table import make_verdict_table
from scaling_lab.atomic import replace_file
from scaling_lab.paper.claims import judge_claims
from scaling_lab.report.latex import to_latex
from scaling_lab.report.latex_columns import LATEX_COLUMNS, LATEX_COMMENTS
from scaling_lab.store.csv_text import to_csv_text

SUFFIXES = {"csv": "csv", "parquet": "parquet", "latex": "tex"}


def build_export_tables(
    table: pd.DataFrame,
    cost: str,
    published: bool = False,
    options: VerdictOptions = ALL_PAIRS,
    failures: Mapping[str, str] | None = None,
    looks: Iterable[Look] = (),
    metric: Metric = ACCURACY,
    metric_options: VerdictOptions | None = None,
) -> tuple[Evidence, dict[str, pd.DataFrame]]:
    """Return the evidence of a study and its tables by name: accuracy, verdicts, baseline_gains, gains, curves,
    flops_saved, shares, claims. A table can be empty.

    Args:
        table: one row per question.
        cost: the cost at which rules are compared, such as `flops` or `params`.
        published: also judge the claims on published numbers.
        options: which pairs of rules are tested, and which difference matters.
        failures: reason of each failed point, by key.
        looks: earlier looks at the verdicts of the study, oldest first.
        metric: what verdicts and gains over the baseline compare; the other tables are about accuracies.
        metric_options: options of these; by default `options`.

    Raises:
        UserError: the cost is unknown.
    """
    all_evidence = collect_evidence(table, looks)
    usual, scored = all_evidence.at_recipe_lr(), score_evidence(all_evidence, table, metric)
    metric_options = metric_options or options
    fitted = fit_curves(usual)
    findings = [finding for finding in judge_claims(all_evidence, options) if published or finding.on == "measured"]
    return scored, {
        "accuracy": make_accuracy_table(table, all_evidence, failures),
        "verdicts": make_verdict_table(
            comparison
            for at_cost in compare_at_equal_cost(scored, cost, metric_options)
            for comparison in at_cost.comparisons
        ),
        "baseline_gains": make_baseline_table(compare_with_baseline(scored.at_recipe_lr(), metric_options)),
        "gains": make_gain_table(measure_growth(usual)),
        "curves": make_curve_table(fitted),
        "flops_saved": make_saving_table(measure_savings(fitted)),
        "shares": make_share_table(fit_surfaces(usual)),
        "claims": pd.DataFrame(vars(finding) for finding in findings),
    }


def export_tables(tables: Mapping[str, pd.DataFrame], folder: Path, kinds: Sequence[str]) -> list[Path]:
    """Write each table that is not empty in each format, remove the files of empty ones, and return the paths.

    Args:
        tables: tables by name, a key of LATEX_COLUMNS.
        folder: folder to write to; created if missing.
        kinds: keys of SUFFIXES.

    Raises:
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, rows in tables.items():
        for kind in kinds:
            path = folder / f"{name}.{SUFFIXES[kind]}"
            if rows.empty:
                path.unlink(missing_ok=True)  # of an earlier export
                continue
            replace_file(path, _content(name, rows, kind))
            written.append(path)
    return written


def _content(name: str, rows: pd.DataFrame, kind: str) -> bytes:
    if kind == "csv":
        return to_csv_text(rows).encode()
    if kind == "latex":
        return to_latex(rows, LATEX_COLUMNS[name], LATEX_COMMENTS.get(name, ())).encode()
    file = io.BytesIO()
    rows.to_parquet(file, index=False)
    return file.getvalue()
