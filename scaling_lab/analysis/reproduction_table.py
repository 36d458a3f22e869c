"""Points that were trained again as a table: one row per point, the recorded and the new numbers."""

from collections.abc import Sequence

import pandas as pd

from scaling_lab.analysis.reproduction import Reproduction
from scaling_lab.analysis.text.reproduction import describe_difference

SETTINGS = ("family", "rule", "times_flops", "d", "w", "r", "seed")
COLUMNS = {
    "verdict": "bit-equal, equal within seed noise, not reproduced, or failed",
    "reason": "why it is not reproduced",
    "test_accuracy": "as measured now",
    "recorded_test_accuracy": "as in the result",
    "low": "prediction interval of the accuracy of another seed: lower end; missing for bit-equal points",
    "high": "its upper end",
    "changed": "number of test images whose answer changed",
    "changed_between_seeds": "the mean of that number between two seeds of the network",
    "held_out_accuracy": "as measured now",
    "recorded_held_out_accuracy": "as in the result",
    "train_loss": "of the last epoch, as measured now",
    "recorded_train_loss": "as in the result",
    "differs": "provenance that differs",
    "command": "command that trains this point alone",
    "key": "key of the point",
}


def make_reproduction_table(reproductions: Sequence[Reproduction]) -> pd.DataFrame:
    """Return one row per point, with the columns of its question and COLUMNS."""
    return pd.DataFrame([_row(item) for item in reproductions], columns=[*SETTINGS, *COLUMNS])


def _row(item: Reproduction) -> dict[str, object]:
    recorded, now, low_high = item.recorded, item.now, item.interval or (None, None)
    differences = (describe_difference(name, old, new) for name, (old, new) in item.differences.items())
    return {name: item.row.get(name) for name in (*SETTINGS, "key")} | {
        "verdict": item.verdict,
        "reason": item.reason or None,
        "test_accuracy": now.test_accuracy if now else None,
        "recorded_test_accuracy": recorded.test_accuracy,
        "low": low_high[0],
        "high": low_high[1],
        "changed": item.changed,
        "changed_between_seeds": item.noise.changed if item.noise else None,
        "held_out_accuracy": now.held_out_accuracy if now else None,
        "recorded_held_out_accuracy": recorded.held_out_accuracy,
        "train_loss": now.losses[-1] if now else None,
        "recorded_train_loss": recorded.losses[-1],
        "differs": "; ".join(differences) or None,
        "command": item.command,
    }
