"""Rules named with their obtained shares; networks off their rule are marked in every sentence and table."""

import pandas as pd
import pytest

from scaling_lab.analysis.accuracy_table import make_accuracy_table
from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.text.comparisons import describe_comparison
from scaling_lab.analysis.text.headlines import summarize_comparison
from scaling_lab.analysis.text.rule_names import describe_off_rule, format_rule, name_rule
from scaling_lab.analysis.verdict_table import make_verdict_table
from scaling_lab.report.figures.rule_labels import explain_labels, label_styles
from scaling_lab.report.figures.style import rule_styles
from scaling_lab.report.latex import to_latex
from scaling_lab.report.latex_columns import LATEX_COLUMNS


@pytest.fixture(scope="module")
def table(synthetic_curves, set_shares):
    """compound is off its shares at 4x, width is pure width, plain has no shares."""
    laws = {"compound": (0.02, 0.1, 0.5), "width": (0.02, 0.1, 0.1), "plain": (0.02, 0.1, 0.3)}
    synthetic = synthetic_curves(laws, times=(1, 4), seeds=3, pictures=4000)
    synthetic = set_shares(synthetic, "compound", (0.28, 0.29, 0.43), (0.25, 0.16, 0.59))
    return set_shares(synthetic, "width", (0, 1, 0), (0.0, 1.0, 0.0))


@pytest.fixture(scope="module")
def comparison(table):
    (rule_comparison,) = compare_rules(collect_evidence(table))
    return rule_comparison


def test_a_rule_has_its_shares_and_a_mark_if_it_is_off_them(comparison):
    names = [name_rule(rule, comparison.shares) for rule in ("compound", "width", "plain")]
    assert names == ["compound* (25/16/59)", "width (0/100/0)", "plain"]
    assert "25/16/59 instead of 28/29/43" in describe_off_rule(comparison)
    assert "width" not in describe_off_rule(comparison).split(" (")[0]


def test_headline_and_pairs_name_the_shares(comparison):
    headline = summarize_comparison(comparison)
    assert headline.startswith("compound* (25/16/59) ")
    assert headline.endswith(describe_off_rule(comparison))
    pair = next(s for s in describe_comparison(comparison) if s.startswith("compound") and "width" in s)
    assert pair.startswith("compound* (25/16/59) beats width (0/100/0) by ")


def test_twins_share_a_name(synthetic_curves, set_shares):
    table = synthetic_curves({"a": (0.1, 0.05, 0.5), "b": (0.1, 0.05, 0.4)}, times=(1, 4), seeds=3, pictures=200)
    twin = table[table["rule"] == "a"].assign(rule="twin")
    table = set_shares(pd.concat([table, twin]), "a", (1, 0, 0), (1, 0, 0))
    (twin_comparison,) = compare_rules(collect_evidence(set_shares(table, "twin", (0.6, 0, 0.4), (1, 0, 0))))
    assert twin_comparison.off_rule == ("twin",)
    assert format_rule("a", twin_comparison) == "a (100/0/0; = twin*)"


def test_tables_have_shares_and_whether_a_rule_is_off(table, comparison):
    rows = make_verdict_table([comparison])
    row = rows[(rows["first"] == "compound") & (rows["second"] == "width")].iloc[0]
    assert (row["shares_first"], row["off_first"]) == ("25/16/59", True)
    assert (row["shares_second"], row["off_second"]) == ("0/100/0", False)
    assert rows.loc[rows["second"] == "plain", ["shares_second", "off_second"]].isna().all(axis=None)
    assert "compound* (25/16/59) & width (0/100/0)" in to_latex(rows, LATEX_COLUMNS["verdicts"])
    means = make_accuracy_table(table, collect_evidence(table)).set_index("rule")
    assert means.loc["compound", ["shares", "off_rule"]].tolist() == ["25/16/59", True]
    assert means.loc[["baseline", "plain"], ["shares", "off_rule"]].isna().all(axis=None)
    assert "compound* (25/16/59)" in to_latex(means.reset_index(), LATEX_COLUMNS["accuracy"])


def test_legends_and_captions_name_the_shares(table, set_shares):
    names = {rule: style.name for rule, style in label_styles(rule_styles(table["rule"]), table).items()}
    assert names == {"compound": "compound* (25/16/59)", "width": "width (0/100/0)", "plain": "plain"}
    assert "(synthetic) has 25/16/59 instead of 28/29/43" in explain_labels(table)
    assert explain_labels(table[table["rule"] == "plain"]) == ""
    assert "*" not in explain_labels(table[table["rule"] != "compound"])
    itself = (0.28, 0.29, 0.43)
    larger = set_shares(table[table["rule"] == "compound"].assign(times_flops=8.0), "compound", itself, itself)
    both = pd.concat([table, larger])
    assert label_styles(rule_styles(both["rule"]), both)["compound"].name == "compound*"
