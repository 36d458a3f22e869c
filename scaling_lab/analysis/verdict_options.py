"""Options of verdicts: which pairs of rules are tested, and below which difference two rules count as alike."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from scaling_lab.errors import ErrorCollector, UserError, unknown_name


@dataclass(frozen=True)
class VerdictOptions:
    """Options of verdicts.

    Attributes:
        contrasts: Pairs of rules to test; empty for all pairs.
        delta: Smallest difference that matters, 0 to 1; None if not given.
    """

    contrasts: tuple[tuple[str, str], ...] = ()
    delta: float | None = None

    @classmethod
    def from_points(cls, contrasts: Collection[tuple[str, str]], delta: float | None) -> "VerdictOptions":
        """Return the options for a `delta` in percentage points."""
        return cls(tuple(contrasts), None if delta is None else delta / 100)

    @property
    def named_rules(self) -> tuple[str, ...]:
        """Return the rules of the contrasts, each once."""
        return tuple(dict.fromkeys(rule for pair in self.contrasts for rule in pair))

    def is_planned(self, first: Collection[str], second: Collection[str]) -> bool:
        """Return whether a rule of `first` is to be tested against one of `second`; each has the names of a network."""
        return not self.contrasts or any(
            (a in first and b in second) or (b in first and a in second) for a, b in self.contrasts
        )


def parse_contrasts(name: str, texts: Iterable[str], rules: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return the pairs of rules that texts such as `compound-width` name, each pair once.

    Args:
        name: Name of the setting or option, for the message.
        texts: Two names of rules each, joined by `-`, which names may contain too.
        rules: Names of the rules of the study.

    Raises:
        UserErrors: A text names an unknown rule, or not two rules.
    """
    errors, pairs = ErrorCollector(), dict[frozenset[str], tuple[str, str]]()
    for text in texts:
        with errors.collect():
            pair = _parse_contrast(name, text.strip(), rules)
            pairs.setdefault(frozenset(pair), pair)
    errors.raise_collected()
    return tuple(pairs.values())


def _parse_contrast(name: str, text: str, rules: Collection[str]) -> tuple[str, str]:
    splits = list(_splits(text))
    matches = [(first, second) for first, second in splits if first in rules and second in rules]
    if len(matches) == 1 and matches[0][0] != matches[0][1]:
        return matches[0]
    if not splits or matches:
        reason = "can be read in several ways" if len(matches) > 1 else "does not name two rules"
        raise UserError(f"{name} contains {text[:80]!r}, which {reason}; must be such as compound-width")
    unknown = min(([rule for rule in split if rule not in rules] for split in splits), key=len)
    raise unknown_name(f"rule in {name}", unknown[0], rules)


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """Yield the two parts of a text around each `-` that has something on both sides."""
    for place, character in enumerate(text):
        if character == "-" and text[:place].strip() and text[place + 1 :].strip():
            yield text[:place].strip(), text[place + 1 :].strip()
