"""Whether another learning rate would change a verdict: the same comparison with every rule at its own best one."""

from dataclasses import dataclass, replace

from scaling_lab.analysis.compare import Comparison, Pair, compare, pairs
from scaling_lab.analysis.evidence import Arm, Cell, Evidence, Setting
from scaling_lab.analysis.text.comparisons import where
from scaling_lab.analysis.text.pairs import sentence
from scaling_lab.formatting import join_words


@dataclass(frozen=True)
class Fairness:
    """A comparison at the recipe's learning rate beside one in which each rule has its best of those tried.

    factors: times the recipe's learning rate, rising. best: by rule, chosen by mean accuracy on the held-out pictures.
    edge: rules whose best is the lowest or the highest tried: a wider grid could find a better one.
    changes: pairs whose verdict is another one, before and after.
    """

    usual: Comparison
    tuned: Comparison
    factors: tuple[float, ...]
    best: dict[str, float]
    edge: tuple[str, ...]
    changes: tuple[tuple[Pair, Pair], ...]


def fairness(evidence: Evidence) -> list[Fairness]:
    """One for each comparison at the recipe's learning rate whose rules were also trained at others."""
    found = []
    for usual in compare(evidence):
        if usual.setting.lr_times == 1:
            tried = {rule: _tried(evidence, usual, rule) for rule in usual.rules}
            if all(len(cells) > 1 for cells in tried.values()) and len(tried) > 1:
                found.append(_fairness(usual, tried))
    return found


def _fairness(usual: Comparison, tried: dict[str, dict[float, Cell]]) -> Fairness:
    best = {rule: max(cells, key=lambda factor: float(cells[factor].held_out.mean())) for rule, cells in tried.items()}
    tested, pairing = pairs({rule: [(tried[rule][best[rule]], 1.0)] for rule in tried})
    tuned = replace(usual, pairs=tested, pairing=pairing)
    factors = tuple(sorted({factor for cells in tried.values() for factor in cells}))
    edge = tuple(rule for rule, factor in best.items() if factor in (min(tried[rule]), max(tried[rule])))
    after = {frozenset((pair.first, pair.second)): pair for pair in tested}
    changes = tuple(
        (pair, after[frozenset((pair.first, pair.second))])
        for pair in usual.pairs
        if _verdict(pair) != _verdict(after[frozenset((pair.first, pair.second))])
    )
    return Fairness(usual, tuned, factors, best, edge, changes)


def _verdict(pair: Pair) -> str | None:
    return pair.first if pair.told_apart else None


def _tried(evidence: Evidence, usual: Comparison, rule: str) -> dict[float, Cell]:
    """The rule's network at each learning rate, at the budget of the comparison."""
    return {
        arm.setting.lr_times: arm.cell
        for arm in evidence.arms
        if arm.cell and _same(arm, usual.setting) and arm.rule == rule and arm.times_flops == usual.level and arm.met
    }


def _same(arm: Arm, setting: Setting) -> bool:
    return replace(arm.setting, lr_times=setting.lr_times) == setting


def sentences(found: Fairness) -> list[str]:
    """Whether a verdict would change, and how far the grid can tell."""
    tried = ", ".join(f"{factor:g}" for factor in found.factors)
    chosen = join_words(f"{rule} {factor:g}" for rule, factor in found.best.items())
    said = [
        f"{where(found.usual)}: every rule was also trained at {tried} times the recipe's learning rate. Best by "
        f"held-out accuracy: {chosen}."
    ]
    for before, after in found.changes:
        one, other = (sentence(replace(pair, more=None)) for pair in (before, after))
        said.append(f"A verdict changes. At the recipe's own: {one} Each at its best: {other}")
    if all(pair.p is None for pair in (*found.usual.pairs, *found.tuned.pairs)):
        said.append("No verdict could be given, so none can change.")
    elif not found.changes:
        said.append("With each rule at its best learning rate no verdict changes.")
    if found.edge:
        verb = "is at the edge of the grid: a wider one" if len(found.edge) == 1 else "are at its edge: a wider grid"
        said.append(f"The best of {join_words(found.edge)} {verb} might find a better one.")
    return said
