"""Shapes of noise that several tables share, by their name in the tables."""

from scaling_lab.analysis.synthetic_answers import AnswerNoise, BetaNoise, CollapsingSeeds, ProbitNoise

USUAL = ProbitNoise()
QUIET = ProbitNoise(seed=0.02)
LOUD = ProbitNoise(seed=0.08)
RULES_APART = ProbitNoise(rule=0.7)
CORRELATED = ProbitNoise(seed=0.08, correlation=0.8)
CIFAR10 = ProbitNoise(seed=0.045, image=2.2, rule=0.6)

NOISES: dict[str, AnswerNoise] = {
    "usual": USUAL,
    "no seed effect": ProbitNoise(seed=0.0),
    "quiet seeds": QUIET,
    "loud seeds": LOUD,
    "rules apart": RULES_APART,
    "seeds correlated 0.3": ProbitNoise(seed=0.08, correlation=0.3),
    "seeds correlated 0.8": CORRELATED,
    "beta": BetaNoise(),
    "beta, heavy-tailed seeds": BetaNoise(seed=0.0015, tails=2.5),
    "one loud rule": ProbitNoise(first_seed=0.2),
    "all rules collapse": CollapsingSeeds(USUAL),
    "one rule collapses": CollapsingSeeds(USUAL, networks=1),
    "CIFAR-10": CIFAR10,
}
ACCURACY = 0.85
ACCURACIES = {"CIFAR-10": 0.6}
"""Accuracies of the networks that a noise imitates, where they are not `ACCURACY`."""
