"""Sentences on comparisons claim no more than seeds and test images support."""

import re
from dataclasses import replace

import numpy as np
import pytest

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.synthetic import make_study_table
from scaling_lab.analysis.text.comparisons import describe_comparison, format_title
from scaling_lab.analysis.text.headlines import summarize_comparison
from scaling_lab.analysis.text.pairs import describe_pair, format_difference
from scaling_lab.analysis.verdict_options import VerdictOptions

TIMES = "\N{MULTIPLICATION SIGN}"


def first(table):
    return compare_rules(collect_evidence(table))[0]


def rules(by, seeds):
    """Accuracies by rule, with seeds this far apart."""
    return lambda entry: by[entry.question.rule] + seeds * entry.question.seed


def synthetic(truth, seeds=5):
    return first(
        make_study_table(
            {(rule, 2.0): accuracy for rule, accuracy in truth.items()}, seeds, 4000, np.random.default_rng(7)
        )
    )


@pytest.mark.parametrize(
    ("seeds", "words"), [(0.01, r"is within .* \(1\.0 points\)"), (0.001, "exceeds .* needs 3 seeds")]
)
def test_two_seeds_give_no_verdict(make_study, seeds, words):
    made = make_study(["resnet_small"], ["depth", "width"], accuracy=rules({"depth": 0.85, "width": 0.855}, seeds))
    comparison = first(made.table())
    detail = " ".join(describe_comparison(comparison))
    assert re.match(r"No verdict: .* 3 seeds .* 2 seeds\.", summarize_comparison(comparison))
    assert "width (0/100/0) is 0.5 points above depth (100/0/0) (2 seeds); no interval" in detail
    assert re.search(words, detail)
    assert "beats" not in summarize_comparison(comparison) + detail


def test_a_better_rule_beats_the_others_and_a_tie_is_not_significant():
    comparison = synthetic({"compound": 0.92, "width": 0.88, "depth": 0.88})
    assert summarize_comparison(comparison).startswith("compound beats every other rule: ")
    sentences = describe_comparison(comparison)
    assert sentences[0].startswith("compound beats ")
    assert sentences[0].endswith(" points (p < 0.001).")
    assert "do not differ significantly" in sentences[2]
    assert "a verdict needs p < 0.05 after Holm's correction for 3 pairs" in " ".join(sentences)
    low, high = comparison.pairs[0].estimate.interval()
    assert low < 0.04 < high


def test_a_headline_names_the_rules_that_the_leader_does_not_beat():
    comparison = synthetic({"compound": 0.90, "width": 0.899, "depth": 0.86})
    leader, other = (comparison.pairs[0].first, comparison.pairs[0].second)
    assert summarize_comparison(comparison).startswith(f"{leader} has the highest mean and beats depth by ")
    assert summarize_comparison(comparison).endswith(f"; {other} does not differ significantly from it.")


def test_a_tie_of_all_rules():
    summary = summarize_comparison(synthetic({"compound": 0.88, "width": 0.88}, seeds=3))
    assert summary == "No two of compound and width differ significantly."


def test_rules_with_the_same_network_are_named_and_win_nothing(make_study):
    table = make_study(["resnet_small"], ["depth", "width", "compound"], seeds=range(3)).table()
    scaled = table["times_flops"] == 2
    for name in ("key", "test_accuracy", "test_correct"):
        table.loc[scaled & (table["rule"] == "width"), name] = table.loc[
            scaled & (table["rule"] == "depth"), name
        ].to_numpy()
    sentences = " ".join(describe_comparison(first(table)))
    assert "depth (100/0/0) and width (0/100/0) led to the same network." in sentences
    assert "depth (100/0/0; = width)" in summarize_comparison(first(table))


@pytest.mark.parametrize(("accuracies", "has_p"), [((0.90, 0.86), True), ((0.88, 0.88), False)])
def test_an_open_pair_whose_interval_excludes_zero_has_its_corrected_p(accuracies, has_p):
    table = make_study_table(
        {("compound", 2.0): accuracies[0], ("width", 2.0): accuracies[1]}, 5, 4000, np.random.default_rng(7)
    )
    (comparison,) = compare_rules(collect_evidence(table), VerdictOptions((("compound", "width"),)))
    pairs = tuple(replace(pair, p=0.061) for pair in comparison.pairs)
    assert ("0.061" in summarize_comparison(replace(comparison, pairs=pairs))) == has_p


def test_planned_contrasts_make_the_headline(make_study):
    table = make_study(["resnet_small"], seeds=range(3)).table()
    (comparison,) = compare_rules(collect_evidence(table), VerdictOptions((("compound", "width"),)))
    summary = summarize_comparison(comparison)
    assert re.match(r"Undecided: (width|compound) .* and (width|compound) .*, 0\.3 \(.* points\.$", summary)
    assert "depth" not in summary
    assert "resolution" not in summary
    assert sum("not planned" in sentence for sentence in describe_comparison(comparison)) == 5


def test_seeds_that_agree_give_no_interval(make_study):
    accuracy = rules({"depth": 0.8, "width": 0.81}, 0)
    comparison = first(make_study(["resnet_small"], ["depth", "width"], seeds=range(3), accuracy=accuracy).table())
    assert summarize_comparison(comparison) == "No verdict: all seeds agree, so there is no interval."
    assert describe_pair(comparison.pairs[0]).startswith("width and depth differ by 1.0 points; all seeds agree")


def test_with_one_seed_the_noise_is_unknown(make_study):
    comparison = first(make_study(seeds=[3]).table())
    assert "(1 seed); with one seed each there is no interval" in " ".join(describe_comparison(comparison))
    assert re.match(r"No verdict: .* 3 seeds .* 1 seed\.", summarize_comparison(comparison))


def test_the_sampling_error_of_the_test_images_is_given(quick):
    assert re.search(
        r"2,000 test images .* standard error of 0\.8 points", describe_comparison(first(quick.table()))[-1]
    )


def test_rules_that_were_left_out_are_named(quick):
    table = quick.table()
    scaled = table["times_flops"] == 2
    table.loc[scaled & (table["rule"] == "width"), "times_flops_got"] = 3
    table.loc[scaled & (table["rule"] == "depth"), "test_accuracy"] = float("nan")
    detail = " ".join(describe_comparison(first(table)))
    assert "off the budget by more than 2 % (5 % for a rule without width): width." in detail
    assert "Without a finished result: depth." in detail


@pytest.mark.parametrize("remaining", [0, 1])
def test_too_few_rules_give_nothing_to_compare(make_study, remaining):
    table = make_study(["resnet_small"], ["depth", "width"]).table()
    table.loc[table["rule"] != "depth", "test_accuracy"] = float("nan")
    if not remaining:
        table["test_accuracy"] = float("nan")
    words = f"Nothing to compare: {'only depth' if remaining else 'no rule'} has a finished result"
    assert summarize_comparison(first(table)).startswith(words)
    assert not any(sentence.startswith(words) for sentence in describe_comparison(first(table)))


def test_a_title_names_level_and_setting(quick):
    assert format_title(first(quick.table())) == (
        f"mobilenet_v1_small at 2{TIMES} the baseline's FLOPs (multiply-adds); "
        "fashion_mnist, recipe quick, rounding fitted"
    )
    comparison = first(quick.table())
    other = replace(comparison, cost="latency", level=0.00123, setting=replace(comparison.setting, lr_times=0.5))
    assert format_title(other) == (
        "mobilenet_v1_small at 1.23 ms per image; fashion_mnist, recipe quick, learning rate times 0.5, rounding fitted"
    )


def test_unfinished_seeds_are_counted(make_study):
    table = make_study(["resnet_small"], ["depth", "width"], seeds=range(4)).table()
    last = (table["rule"] == "width") & (table["seed"] == 3) & (table["times_flops"] == 2)
    table.loc[last, "test_accuracy"] = float("nan")
    assert "Not all requested seeds are finished: width 3 of 4." in describe_comparison(first(table))


def test_a_rule_that_could_not_be_tested_is_not_called_a_tie():
    table = make_study_table({("a", 2.0): 0.92, ("b", 2.0): 0.88, ("c", 2.0): 0.90}, 4, 4000, np.random.default_rng(7))
    summary = summarize_comparison(first(table[(table["rule"] != "c") | (table["seed"] < 2)]))
    assert summary.startswith("a has the highest mean and beats b by ")
    assert summary.endswith("; c is not tested.")


def test_an_interval_that_ends_near_zero_shows_on_which_side():
    comparison = first(make_study_table({("a", 2.0): 0.88, ("b", 2.0): 0.88}, 3, 4000, np.random.default_rng(7)))
    pair = comparison.pairs[0]
    estimate = replace(pair.estimate, value=0.003, seeds=(), images=replace(pair.estimate.images, variance=0.00000221))
    assert (
        format_difference(replace(pair, difference=0.003, estimate=estimate))
        == "0.30 (0.01 \N{HORIZONTAL ELLIPSIS} 0.59)"
    )
