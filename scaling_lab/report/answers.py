"""The first section of the page: comparisons as headlines and tables of pairs, then curves, shares and claims."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from scaling_lab.analysis.agreement import Agreement, measure_agreements
from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.curves.held_out import predict_held_out
from scaling_lab.analysis.gains import BudgetGains
from scaling_lab.analysis.lengths import LengthComparison, compare_lengths
from scaling_lab.analysis.places import list_places
from scaling_lab.analysis.rule_pairs import RulePair
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.shares.fit_surfaces import fit_surfaces
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.analysis.tables import name_gain
from scaling_lab.analysis.text.agreement import (
    describe_agreement,
    describe_agreement_method,
    format_agreement_title,
    format_kendall_tau,
    format_share,
    summarize_agreements,
)
from scaling_lab.analysis.text.comparisons import (
    describe_comparison,
    describe_unplanned,
    format_level,
    format_title,
)
from scaling_lab.analysis.text.curves import describe_curves
from scaling_lab.analysis.text.extrapolation import describe_held_out
from scaling_lab.analysis.text.gains import (
    describe_gain_method,
    format_gain,
    format_gains_title,
    format_per_doubling,
    format_rules,
    summarize_gains,
)
from scaling_lab.analysis.text.headlines import summarize_comparison
from scaling_lab.analysis.text.learning_rates import describe_rates
from scaling_lab.analysis.text.lengths import describe_lengths, format_lengths_title, summarize_lengths
from scaling_lab.analysis.text.lr_sensitivity import describe_lr_sensitivity
from scaling_lab.analysis.text.metrics import format_delta
from scaling_lab.analysis.text.pairs import format_difference, format_p_cell, format_seed_range
from scaling_lab.analysis.text.rule_names import name_pair
from scaling_lab.analysis.text.settings import list_setting_names
from scaling_lab.analysis.text.shares import describe_surface
from scaling_lab.analysis.text.unlearned import describe_verdict_changes
from scaling_lab.analysis.verdict_table import name_verdict
from scaling_lab.formatting import TIMES
from scaling_lab.paper.claims import judge_claims
from scaling_lab.report.pooled import pooled_sections

LEFT_OUT = (
    "This study is large: agreement, curves, held-out extrapolation and shares are left to scaling-lab agree, "
    "extrapolate and export."
)


def build_answers(study: StudyComparison, gains: Sequence[BudgetGains], is_large: bool = False) -> dict[str, Any]:
    """Return the template values of the section: sentences, tables of pairs, and judged claims.

    Args:
        study: A study with at least one finished result.
        gains: Its gains over the baseline.
        is_large: Whether to leave out what takes minutes for many families.
    """
    evidence, options = study.evidence, study.options
    usual, comparisons = evidence.at_recipe_lr(), study.budget_comparisons
    fitted = replace(usual, arms=()) if is_large else usual
    settings = [answer.setting for answer in comparisons] + [answer.setting for answer in gains]
    varied = _name_varied(settings)
    return {
        "pooled": pooled_sections(study.pooled),
        "verdict_changes": describe_verdict_changes(study.budget_verdict_changes),
        "headlines": [
            (f"{format_level(comparison)}{varied[comparison.setting]}", summarize_comparison(comparison))
            for comparison in comparisons
        ],
        "comparisons": [_comparison(comparison) for comparison in comparisons],
        "gains": [_budget_gains(gain, varied[gain.setting]) for gain in gains],
        "lr_sensitivity": _lr_sensitivity(study),
        "lengths": [_lengths(result) for result in compare_lengths(comparisons, study.looks)],
        "agreement": _agreement([] if is_large else measure_agreements(list_places(study.folder.study, evidence))),
        "notes": [*study.folder.error_rate_notes, *evidence.notes, *([LEFT_OUT] if is_large else [])],
        "curves": [(f"{setting.family}; {setting}", text) for setting, text in describe_curves(fitted).items() if text],
        "held_out": [
            (f"{setting.family}; {setting}", text)
            for setting, text in describe_held_out(predict_held_out(fitted)).items()
        ],
        "learning_rates": list(describe_rates(study.best_rates).items()),
        "simplex": [
            (f"{surface.setting.family}, {surface.times_flops:g}{TIMES}", describe_surface(surface))
            for surface in fit_surfaces(fitted)
        ],
        "claims": judge_claims(evidence, options),
    }


def _lr_sensitivity(study: StudyComparison) -> list[str]:
    if study.table["lr_times"].nunique() < 2:
        return []
    return [sentence for case in study.lr_sensitivity for sentence in describe_lr_sensitivity(case)]


def _name_varied(settings: Sequence[Setting]) -> dict[Setting, str]:
    """Return the parts of each setting, other than the family, in which the settings differ, after commas."""
    return {setting: name.removeprefix(setting.family) for setting, name in list_setting_names(settings).items()}


def _comparison(comparison: RuleComparison) -> dict[str, Any]:
    delta = comparison.options.delta
    return {
        "title": format_title(comparison),
        "unit": comparison.metric.unit,
        "delta": None if delta is None else format_delta(delta, comparison.metric),
        "pairs": [_pair(name_pair(pair, comparison)) for pair in comparison.planned_pairs],
        "unplanned": describe_unplanned(comparison),
        "sentences": describe_comparison(comparison)[len(comparison.pairs) :],
    }


def _budget_gains(gains: BudgetGains, varied: str) -> dict[str, Any]:
    return {
        "title": format_gains_title(gains),
        "unit": gains.gains[0].pair.metric.unit,
        "place": f"{gains.setting.family} at {gains.times_flops:g}{TIMES} against the baseline{varied}",
        "summary": summarize_gains(gains),
        "method": describe_gain_method(gains),
        "rows": [
            {
                "rule": format_rules(gain),
                "times": f"{gain.times_flops:.2f}{TIMES}",
                "gain": format_gain(gain),
                "p": format_p_cell(gain.pair.p),
                "verdict": name_gain(gain),
                "apart": gain.pair.is_significant,
                "per_doubling": format_per_doubling(gain),
            }
            for gain in gains.gains
        ],
    }


def _lengths(result: LengthComparison) -> dict[str, Any]:
    return {
        "title": format_lengths_title(result),
        "summary": summarize_lengths(result),
        "sentences": describe_lengths(result),
    }


def _agreement(agreements: Sequence[Agreement]) -> dict[str, Any]:
    return {
        "headlines": summarize_agreements(agreements),
        "method": describe_agreement_method(agreements),
        "rows": [
            {
                "title": format_agreement_title(agreement),
                "rules": len(agreement.rules),
                "share": format_share(agreement.every),
                "decided": format_share(agreement.apart_at_first),
                "expected": "" if agreement.every.expected is None else f"{100 * agreement.every.expected:.0f}",
                "p": "" if agreement.every.p_same is None else format_p_cell(agreement.every.p_same),
                "tau": format_kendall_tau(agreement),
                "sentences": describe_agreement(agreement)[1:],
            }
            for agreement in agreements
        ],
    }


def _pair(pair: RulePair) -> dict[str, Any]:
    required, is_same = pair.required_seeds, pair.is_same_network
    return {
        "first": pair.first,
        "second": pair.second,
        "difference": "" if is_same else format_difference(pair),
        "p": "" if is_same else format_p_cell(pair.p),
        "p_alike": "" if is_same else format_p_cell(pair.p_alike),
        "better": "" if is_same else f"{100 * pair.improvement:.0f}",
        "verdict": name_verdict(pair),
        "apart": pair.is_significant,
        "seeds_apart": format_seed_range(required.apart) if required else "",
        "seeds_alike": format_seed_range(required.alike) if required else "",
    }
