"""Whether a network classifies better than chance: a one-sided exact binomial test. No torch."""

from math import exp, lgamma, log, log1p

LEVEL = 0.001


def exceeds_chance(correct: int, images: int, chance: float) -> bool:
    """Return whether an accuracy of `chance` gives this many correct images with a probability below `LEVEL`."""
    return binomial_tail(correct, images, chance) < LEVEL


def binomial_tail(correct: int, images: int, chance: float) -> float:
    """Return the probability of at least `correct` successes in `images` trials of probability `chance`."""
    if chance >= 1 or correct <= images * chance:
        return 1.0  # above the level in any case; the sum below is for the upper tail
    log_odds = log(chance) - log1p(-chance)
    log_term = lgamma(images + 1) - lgamma(correct + 1) - lgamma(images - correct + 1) + images * log1p(-chance)
    term = total = exp(log_term + correct * log_odds)
    for count in range(correct + 1, images + 1):
        term *= (images - count + 1) / count * exp(log_odds)
        total += term
        if term <= total * 1e-17:
            break
    return total
