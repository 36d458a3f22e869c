"""Export the tables of a study: CSV and Parquet with all columns, LaTeX with the columns that a paper prints."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from scaling_lab.analysis.accuracy_table import make_accuracy_table
from scaling_lab.analysis.agreement import measure_agreements
from scaling_lab.analysis.agreement_table import make_agreement_table
from scaling_lab.analysis.curves.fit import fit_curves
from scaling_lab.analysis.curves.growth import measure_growth
from scaling_lab.analysis.curves.held_out import predict_held_out
from scaling_lab.analysis.curves.savings import measure_savings
from scaling_lab.analysis.extrapolation_table import make_extrapolation_table
from scaling_lab.analysis.gains import compare_with_baseline
from scaling_lab.analysis.lengths import compare_lengths
from scaling_lab.analysis.lengths_table import make_length_table
from scaling_lab.analysis.metrics import LOSS
from scaling_lab.analysis.places import list_places
from scaling_lab.analysis.pooling.table import make_pooled_table
from scaling_lab.analysis.rates.slopes import fit_trends
from scaling_lab.analysis.rates.table import make_rate_table, make_slope_table
from scaling_lab.analysis.shares.fit_surfaces import fit_surfaces
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.analysis.tables import (
    make_baseline_table,
    make_curve_table,
    make_gain_table,
    make_saving_table,
    make_share_table,
)
from scaling_lab.analysis.verdict_table import make_verdict_table
from scaling_lab.atomic import replace_file
from scaling_lab.paper.claims import judge_claims
from scaling_lab.report.latex import to_latex
from scaling_lab.report.latex_columns import LATEX_COLUMNS, LATEX_COMMENTS
from scaling_lab.store.csv_text import to_csv_text

SUFFIXES = {"csv": "csv", "parquet": "parquet", "latex": "tex"}


def build_export_tables(study: StudyComparison, published: bool = False) -> dict[str, pd.DataFrame]:
    """Return the tables of a study by name: accuracy, verdicts, pooled, lengths, agreement, baseline_gains, gains,
    curves, flops_saved, extrapolation, learning_rates, learning_rate_slopes, shares, claims. A table can be empty.

    Args:
        study: the study, with what its networks are compared by. `accuracy` has accuracies whatever that is.
        published: also judge the claims on published numbers.

    Raises:
        UserError: the cost is unknown, or the study does not have what networks are compared by.
    """
    usual = study.evidence.at_recipe_lr()
    fitted = fit_curves(usual)
    findings = judge_claims(study.evidence, study.options)
    return {
        "accuracy": make_accuracy_table(study.table, study.by_accuracy, study.folder.stored.failures),
        "verdicts": make_verdict_table(study.comparisons),
        "pooled": make_pooled_table(study.pooled),
        "lengths": make_length_table(compare_lengths(study.budget_comparisons, study.looks)),
        "agreement": make_agreement_table(measure_agreements(list_places(study.folder.study, study.evidence))),
        "baseline_gains": make_baseline_table(compare_with_baseline(usual, study.options)),
        "gains": make_gain_table(measure_growth(usual)),
        "curves": make_curve_table(fitted),
        "flops_saved": make_saving_table(measure_savings(fitted)),
        "extrapolation": make_extrapolation_table(predict_held_out(usual)),
        "learning_rates": make_rate_table(study.best_rates),
        "learning_rate_slopes": make_slope_table(fit_trends(study.best_rates)),
        "shares": make_share_table(fit_surfaces(usual)),
        "claims": pd.DataFrame(vars(finding) for finding in findings if published or finding.on == "measured"),
    }


def build_main_tables(study: StudyComparison) -> dict[str, pd.DataFrame]:
    """Return the tables accuracy, verdicts and pooled alone, which do not take long for a study of many families."""
    return {
        "accuracy": make_accuracy_table(study.table, study.by_accuracy, study.folder.stored.failures),
        "verdicts": make_verdict_table(study.comparisons),
        "pooled": make_pooled_table(study.pooled),
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
        columns, comments = list(LATEX_COLUMNS[name]), list(LATEX_COMMENTS.get(name, ()))
        if "metric" in rows and (rows["metric"] == LOSS.name).all():
            columns = [replace(column, heading=column.heading.replace("points", LOSS.unit)) for column in columns]
            comments = [comment.replace("percentage points", f"{LOSS.unit} of test loss") for comment in comments]
        return to_latex(rows, columns, comments).encode()
    file = io.BytesIO()
    rows.to_parquet(file, index=False)
    return file.getvalue()
