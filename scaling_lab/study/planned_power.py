"""The power of a plan in a sentence: which difference of two rules its seeds and test images would decide."""

from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.analysis.stats.planned_power import LOUD_NOISE, QUIET_NOISE, smallest_decided
from scaling_lab.formatting import pluralize
from scaling_lab.study.more_seeds import compared_rules, seeds_by_question
from scaling_lab.study.plan import Study


def describe_power(study: Study) -> str:
    """Return a sentence on the difference that most comparisons of a plan would decide; empty without a comparison."""
    comparisons = _comparisons(study)
    if not comparisons:
        return ""
    seeds, pairs, images = min(comparisons, key=lambda shape: (shape[0], -shape[1], shape[2]))
    if seeds < MIN_SEEDS:
        return f"power: none, because a verdict needs {MIN_SEEDS} seeds of each network"
    rules = max(len(rules) for rules in compared_rules(study.plan).values())
    now, later = (
        [100 * smallest_decided(count, images, pairs, rules, noise) for noise in (QUIET_NOISE, LOUD_NOISE)]
        for count in (seeds, 2 * seeds)
    )
    return (
        f"power: two rules {now[0]:.1f} to {now[1]:.1f} points apart are told apart in 4 of 5 such studies, with "
        f"{2 * seeds} seeds those {later[0]:.1f} to {later[1]:.1f} points apart ({pluralize(pairs, 'pair')} at a "
        f"budget, {pluralize(seeds, 'seed')}, {images:,} test images; if accuracies of one network spread by "
        f"{100 * QUIET_NOISE.seed_deviation:.2f} points, as in five epochs of Fashion-MNIST, to "
        f"{100 * LOUD_NOISE.seed_deviation:.2f}, as in four of CIFAR-10)"
    )


def _comparisons(study: Study) -> list[tuple[int, int, int]]:
    """Return seeds, number of tested pairs and test images of each setting and budget with several rules."""
    seeds = seeds_by_question(study.plan)
    images = {point.dataset.name: len(point.dataset.test) for point in study.points.values()}
    comparisons = []
    for common, rules in compared_rules(study.plan).items():
        pairs = [pair for pair in study.plan.verdicts.contrasts if set(pair) <= rules.keys()]
        count = len(pairs) if study.plan.verdicts.contrasts else len(rules) * (len(rules) - 1) // 2
        if count:
            fewest = min(len(seeds[question]) for question in rules.values())
            comparisons.append((fewest, count, images[common.dataset]))
    return comparisons
