"""Sentences claim no more than the seeds allow."""

import pytest

from scaling_lab.analysis.compare import compare
from scaling_lab.analysis.words import sentences, summary, title


def said(study):
    comparisons = compare(study.table())
    return " ".join(summary(comparisons)), " ".join(sentences(comparisons[0]))


def rules(by, seeds):
    """Accuracies by rule, with seeds this far apart."""
    return lambda entry: by[entry.question.rule] + seeds * entry.question.seed


def test_two_seeds_name_no_winner(make_study):
    for seeds, words in (
        (0.01, "lies within what seeds of one rule alone differ by (1.0 points)"),
        (0.001, "three seeds are needed for a verdict"),
    ):
        study = make_study(["resnet_small"], ["depth", "width"], accuracy=rules({"depth": 0.85, "width": 0.855}, seeds))
        short, detail = said(study)
        assert "No winner can be named among 1 pair" in short
        assert "width is 0.5 points above depth (2 seeds): no interval can be given" in detail
        assert words in detail
        assert "beats" not in short + detail


def test_three_seeds_give_a_verdict(make_study):
    by = {"compound": 0.88, "width": 0.86, "depth": 0.86}
    short, detail = said(make_study(["resnet_small"], list(by), seeds=range(3), accuracy=rules(by, 0.001)))
    assert "compound beats width by 2.0 (1.7 … 2.3) points." in detail
    assert "are not told apart: they differ by 0.0 (-0.3 … 0.3) points." in detail
    assert "95 % for all 3 pairs at once (Bonferroni)" in detail
    assert "resnet_small, 2\N{MULTIPLICATION SIGN}: compound beats depth by 2.0" in short
    assert "1 pair of rules with three seeds or more cannot be told apart" in short


def test_one_seed_says_nothing_of_noise(make_study):
    short, detail = said(make_study(seeds=[3]))
    assert "one seed says nothing about how much seeds differ" in detail
    assert "No winner can be named among 18 pairs" in short


def test_noise_of_pictures_is_told(quick):
    short, detail = said(quick)
    assert "2,000 test pictures has a standard error of 0.8 points" in detail
    assert "standard error of about 0.8 points" in short


def test_what_was_left_out_is_told(quick):
    table = quick.table()
    scaled = table["times_flops"] == 2
    table.loc[scaled & (table["rule"] == "width"), "times_flops_got"] = 3
    table.loc[scaled & (table["rule"] == "depth"), "test_accuracy"] = float("nan")
    detail = " ".join(sentences(compare(table)[0]))
    assert "off the budget by more than 2 % (5 % for a rule without width): width." in detail
    assert "Without a finished result: depth." in detail


@pytest.mark.parametrize("left", [0, 1])
def test_nothing_to_compare_is_told(make_study, left):
    table = make_study(["resnet_small"], ["depth", "width"]).table()
    table.loc[table["rule"] != "depth", "test_accuracy"] = float("nan")
    if not left:
        table["test_accuracy"] = float("nan")
    (comparison,) = compare(table)
    words = "Only depth has a finished result" if left else "No rule has a finished result"
    assert any(words in sentence for sentence in sentences(comparison))
    assert summary([comparison])[0].startswith("No two rules have results at the same budget")
    assert summary([]) == summary([comparison])[:1]


def test_title_says_where(quick):
    assert title(compare(quick.table())[0]) == (
        "mobilenet_v1_small at 2\N{MULTIPLICATION SIGN} the baseline's FLOPs "
        "(fashion_mnist, recipe quick, rounding fitted)"
    )
