"""Name rules with the shares that their networks obtained, and mark networks that are not their rule's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.rule_pairs import RulePair
from scaling_lab.formatting import format_split
from scaling_lab.networks.scaling.obtained import ObtainedShares

OFF_RULE = "*"
"""Mark of a rule whose network has other shares than the rule requests."""


def name_rule(rule: str, shares: Mapping[str, ObtainedShares]) -> str:
    """Return a rule with its obtained shares of depth, width and resolution: `depth (100/0/0)`.

    A rule that is off its shares is marked, as in `compound* (25/16/59)`; one without shares is named alone.
    """
    if rule not in shares:
        return rule
    return f"{rule}{OFF_RULE * shares[rule].is_off} ({format_split(shares[rule].obtained)})"


def name_pair(pair: RulePair, comparison: RuleComparison) -> RulePair:
    """Return a pair whose rules are named with their obtained shares."""
    first, second = (name_rule(rule, comparison.shares) for rule in (pair.first, pair.second))
    return replace(pair, first=first, second=second)


def format_rule(rule: str, comparison: RuleComparison) -> str:
    """Return a rule with its shares, and the others that led to the same network: `depth (100/0/0; = resnet_rs)`."""
    twins = [pair.second for pair in comparison.pairs if pair.is_same_network and pair.first == rule]
    return format_same_network((rule, *twins), comparison.shares, comparison.off_rule)


def format_same_network(rules: Sequence[str], shares: Mapping[str, ObtainedShares], off_rule: Collection[str]) -> str:
    """Return the first of the rules of one network with its shares, and the others: `depth (100/0/0; = resnet_rs)`."""
    first, *twins = rules
    name = name_rule(first, shares)
    if not twins:
        return name
    same = f"= {', '.join(twin + OFF_RULE * (twin in off_rule) for twin in twins)}"
    return f"{name[:-1]}; {same})" if first in shares else f"{name} ({same})"


def describe_off_rule(comparison: RuleComparison) -> str:
    """Return a sentence on the rules that are off their shares; empty if there are none.

    With planned contrasts these are the rules of the contrasts alone.
    """
    tested = [pair for pair in comparison.planned_pairs if not pair.is_same_network]
    planned = {rule for pair in tested for rule in (pair.first, pair.second)}
    rules = [rule for rule in comparison.off_rule if not comparison.options.contrasts or rule in planned]
    if not rules:
        return ""
    at = "at this budget" if comparison.cost == "flops" else "at this level"
    parts = [f"not {rule} {at}: {format_difference_of_shares(comparison.shares[rule])}" for rule in rules]
    return f"{OFF_RULE} {'; '.join(parts)} (shares of depth/width/resolution)."


def format_difference_of_shares(shares: ObtainedShares) -> str:
    """Return `25/16/59 instead of 28/29/43`."""
    return f"{format_split(shares.obtained)} instead of {format_split(shares.requested)}"
