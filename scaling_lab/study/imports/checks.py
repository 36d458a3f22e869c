"""Checks of imported trainings: each is there once, and a rule has one network at a budget. No torch."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from scaling_lab.errors import UserError, UserErrors
from scaling_lab.store.imported import BASELINE
from scaling_lab.study.imports.budgets import BASELINE_NAMES, SAME_FLOPS
from scaling_lab.study.imports.fields import Field

NETWORK = ("family", "rule", "dataset", "recipe", "lr_times", "times_flops")


def require_distinct_names(field: Field, names: Iterable[str], places: Sequence[str]) -> None:
    """Raise UserError if two names differ only in case or spaces: they would be two families, rules or data sets.

    Args:
        field: What the names are of.
        names: Name in each row.
        places: Where each row is.
    """
    first: dict[str, tuple[str, str]] = {}
    for name, place in zip(names, places, strict=True):
        spelling = "".join(name.casefold().split())
        known, known_place = first.setdefault(spelling, (name, place))
        are_baselines = field.name == "rule" and {name.lower(), known.lower()} <= BASELINE_NAMES
        if known != name and not are_baselines:
            raise UserError(
                f"{place}: {field.option} {name!r} differs from {known!r} ({known_place}) only in case or spaces; "
                "write it in one way"
            )


def drop_repeated_baselines(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the trainings with each baseline once: a source may list it for every rule.

    Args:
        rows: Trainings, with the column `place`.

    Raises:
        UserErrors: The same seed of a baseline has two accuracies.
    """
    first: dict[tuple[Any, ...], Mapping[Any, Any]] = {}
    repeated, messages = [], []
    for index, row in zip(rows.index, rows.to_dict("records"), strict=True):
        if row["rule"] != BASELINE:
            continue
        earlier = first.setdefault(_training(row), row)
        if earlier is row:
            continue
        repeated.append(index)
        if _accuracy(earlier) != _accuracy(row):
            messages.append(
                f"{row['place']}: seed {row['seed']:.0f} of the baseline of {row['family']} has accuracy "
                f"{_accuracy(row)}, and {_accuracy(earlier)} at {earlier['place']}; the unscaled network is one for "
                "all rules"
            )
    if messages:
        raise UserErrors(messages)
    return rows.drop(index=repeated)


def require_unique(rows: pd.DataFrame) -> None:
    """Check that each training is there once, and that a rule has one network at a budget.

    Raises:
        UserErrors: Seeds are repeated, or FLOPs differ.
    """
    first: dict[tuple[Any, ...], Mapping[Any, Any]] = {}
    flops: dict[tuple[Any, ...], float] = {}
    messages = []
    for row in rows.to_dict("records"):
        what = f"{row['family']}, {row['rule']} at {row['times_flops']:g} times the FLOPs"
        earlier = first.setdefault(_training(row), row)
        if earlier is not row:
            messages.append(f"{row['place']}: seed {row['seed']:.0f} of {what} is at {earlier['place']} already")
        known = flops.setdefault(_training(row)[:-1], row["flops"])
        if abs(row["flops"] / known - 1) > SAME_FLOPS:
            messages.append(
                f"{row['place']}: {what} has {row['flops']:,.0f} and {known:,.0f} multiply-adds; it must be one network"
            )
    if messages:
        raise UserErrors(messages)


def describe_unequal_epochs(rows: pd.DataFrame) -> list[str]:
    """Return a sentence on the networks whose trainings have different numbers of epochs: some may have broken off.

    Args:
        rows: Trainings, with the columns `place` and, where the source has them, `epochs`.
    """
    if "epochs" not in rows:
        return []
    named = []
    for _, part in rows.groupby(list(NETWORK), sort=False):
        counts = sorted(set(part["epochs"].dropna()))
        if len(counts) > 1:
            fewest = part[part["epochs"] == counts[0]].iloc[0]
            named.append(
                f"{fewest['family']}, {fewest['rule']} at {fewest['times_flops']:g} times the FLOPs "
                f"({counts[0]:g} epochs in {fewest['place']}, {counts[-1]:g} in others)"
            )
    if not named:
        return []
    return [f"Trainings of one network have different numbers of epochs; some may have broken off: {'; '.join(named)}."]


def _accuracy(row: Mapping[Any, Any]) -> str:
    return "missing" if pd.isna(row["test_accuracy"]) else f"{row['test_accuracy']:.12g}"


def _training(row: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in (*NETWORK, "seed"))
