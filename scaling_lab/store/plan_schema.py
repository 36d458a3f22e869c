"""The records of a plan: question, entry, plan. Their field names are the JSON on disk. No torch.

The plan says which questions a point answers; a result (`store.schema`) depends on neither rules nor studies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scaling_lab.store.ranges import require_key, require_positive


@dataclass(frozen=True)
class Question:
    """A question of a study about one network.

    Attributes:
        times_flops: Requested budget in times the baseline's FLOPs; None for explicit multipliers.
        d: Requested depth multiplier; None where the rule has none. Likewise `w` (width) and `r` (resolution).
        seed: Training seed.
        lr_times: Factor on the recipe's learning rate.

    Raises:
        ValueError: There is neither a budget nor a full set of multipliers.
    """

    family: str
    rule: str
    rounding: str
    times_flops: float | None
    d: float | None
    w: float | None
    r: float | None
    dataset: str
    recipe: str
    seed: int
    lr_times: float = 1.0

    def __post_init__(self) -> None:
        if self.times_flops is None and None in (self.d, self.w, self.r):
            raise ValueError("a question needs times_flops, or all of d, w and r")


@dataclass(frozen=True)
class Entry:
    """A question of a plan with the network that answers it.

    Attributes:
        key: Key of the point that answers the question.
        flops: Multiply-adds of one forward pass on one image.
        flops_fvcore: The total that fvcore counts (`networks.costs.cost`).
        times_flops_got: Obtained FLOPs over the baseline's.
        d_got: Obtained blocks over the baseline's. Likewise `w_got` (sum of stage widths) and `r_got` (side).
    """

    question: Question
    key: str
    flops: int
    flops_fvcore: int
    params: int
    activations: int
    depths: tuple[int, ...]
    widths: tuple[int, ...]
    side: int
    times_flops_got: float
    d_got: float
    w_got: float
    r_got: float

    def __post_init__(self) -> None:
        require_key(self.key)
        require_positive(self.question, "times_flops", "d", "w", "r", "lr_times")
        require_positive(self, "flops", "params", "side", "times_flops_got", "d_got", "w_got", "r_got")


@dataclass(frozen=True)
class Skipped:
    """A question that no network answers, left out of a plan with `infeasible=skip`.

    Attributes:
        reason: Why, in a sentence.
    """

    question: Question
    reason: str


@dataclass(frozen=True)
class PlannedVerdicts:
    """What a plan says about verdicts; not part of keys.

    Attributes:
        contrasts: Pairs of rules to test; empty for all pairs.
        delta: Smallest difference that matters, in percentage points; None if not given.
        finished_before: Number of points that had a result when the contrasts were set. Only with 0 were they planned.
        delta_after: Number of points that had a result when delta was set.

    Raises:
        ValueError: A contrast is not a pair, or delta is out of range.
    """

    contrasts: tuple[tuple[str, ...], ...] = ()
    delta: float | None = None
    finished_before: int = 0
    delta_after: int = 0

    def __post_init__(self) -> None:
        if any(len(pair) != 2 for pair in self.contrasts):
            raise ValueError("a contrast must have two rules")
        require_positive(self, "delta")

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The contrasts, as pairs."""
        return tuple((first, second) for first, second in self.contrasts)


DEFAULT_VERDICTS = PlannedVerdicts()


@dataclass(frozen=True)
class DataSource:
    """What a dataset of a plan was built from.

    Attributes:
        name: Name of the dataset, as in `Question.dataset`.
        settings: Those of its YAML file, `_target_` included, with the values that were used.
    """

    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class FamilySource:
    """The file of a family of a plan.

    Attributes:
        name: Name of the family, as in `Question.family`.
        settings: Settings of the family, `_target_` included.
        digest: Digest of the code.
    """

    name: str
    settings: Mapping[str, Any]
    digest: str


@dataclass(frozen=True)
class Plan:
    """The questions of a study, written before any training.

    Attributes:
        asked: The command-line overrides from which the plan was made.
        earlier_commands: The overrides of the commands that this one extended (`on_other_plan=extend`), oldest first.
        skipped: Questions that were left out because no network answers them.
        verdicts: Which pairs of rules are tested, and which difference matters.
        datasets: What the datasets were built from; empty in older plans.
        families: Families that are files of the user's own code.
    """

    study: str
    asked: tuple[str, ...]
    entries: tuple[Entry, ...]
    earlier_commands: tuple[tuple[str, ...], ...] = ()
    skipped: tuple[Skipped, ...] = ()
    verdicts: PlannedVerdicts = DEFAULT_VERDICTS
    datasets: tuple[DataSource, ...] = ()
    families: tuple[FamilySource, ...] = ()

    @property
    def commands(self) -> tuple[tuple[str, ...], ...]:
        """The overrides of every command that has questions in the plan, oldest first."""
        return (*self.earlier_commands, self.asked)
