"""Labels of rules in legends: obtained shares, and a mark where a network is off the shares of its rule."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from scaling_lab.analysis.evidence import ARM_COLUMNS
from scaling_lab.analysis.obtained_scaling import find_shares
from scaling_lab.analysis.text.rule_names import OFF_RULE, format_difference_of_shares, name_rule
from scaling_lab.formatting import TIMES
from scaling_lab.networks.scaling.obtained import ObtainedShares
from scaling_lab.report.figures.style import SeriesStyle

MAX_LISTED = 6
NetworkName = tuple[str, str, float]
"""Rule, family and budget."""


def label_styles(styles: Mapping[str, SeriesStyle], table: pd.DataFrame) -> dict[str, SeriesStyle]:
    """Return styles whose names have the obtained shares where a rule has only one network, and marks of rules off."""
    by_rule: dict[str, list[ObtainedShares]] = {}
    for (rule, _, _), shares in _shares_by_network(table).items():
        by_rule.setdefault(rule, []).append(shares)
    return {rule: replace(style, name=_label(rule, by_rule.get(rule, []))) for rule, style in styles.items()}


def explain_labels(table: pd.DataFrame) -> str:
    """Return sentences for a caption on the shares in a legend and the networks off them; empty without shares."""
    networks = _shares_by_network(table)
    if not networks:
        return ""
    off = [
        f"{rule} at {times:g}{TIMES} ({family}) has {format_difference_of_shares(shares)}"
        for (rule, family, times), shares in networks.items()
        if shares.is_off
    ]
    more = [f"{len(off) - MAX_LISTED} more"] if len(off) > MAX_LISTED else []
    text = " Numbers behind a rule are its obtained shares of depth, width and resolution in percent."
    return f"{text} {OFF_RULE} not the rule's shares: {', '.join([*off[:MAX_LISTED], *more])}." if off else text


def _label(rule: str, networks: list[ObtainedShares]) -> str:
    if not networks:
        return rule
    names = {name_rule(rule, {rule: shares}) for shares in networks}
    return names.pop() if len(names) == 1 else rule + OFF_RULE * any(shares.is_off for shares in networks)


def _shares_by_network(table: pd.DataFrame) -> dict[NetworkName, ObtainedShares]:
    """Return the shares of each rule at each budget above or below the baseline's."""
    arms = table[table["times_flops"].notna() & (table["times_flops"] != 1)].drop_duplicates(ARM_COLUMNS)
    columns = {name: arms[name].to_numpy() for name in arms.columns}
    shares_of = {}
    for row in range(len(arms)):
        shares = find_shares(columns, row)
        if shares is not None:
            shares_of[(str(columns["rule"][row]), str(columns["family"][row]), float(columns["times_flops"][row]))] = (
                shares
            )
    return shares_of
