"""Versions and devices that the results of a table come from."""

import pandas as pd

from scaling_lab.formatting import join_words, pluralize

TIME_COLUMNS = {"latency_seconds": "Latencies", "train_seconds": "Training times"}


def list_devices(table: pd.DataFrame) -> tuple[str, ...]:
    """Return the devices that trained the finished points: cpu or cuda."""
    if "device" not in table:
        return ()
    devices = table.loc[table["test_accuracy"].notna(), "device"].dropna()
    return tuple(sorted({str(device).partition(",")[0] for device in devices}))


def describe_hardware(table: pd.DataFrame, column: str) -> list[str]:
    """Return a warning if times were measured on several processors or GPUs.

    Args:
        table: One row per question.
        column: `latency_seconds` or `train_seconds`; other columns do not depend on the processor.
    """
    if column not in TIME_COLUMNS or not {column, "processor", "device"} <= set(table.columns):
        return []
    measured = table[table[column].notna()]
    is_gpu = measured["device"].astype(str).str.startswith("cuda")
    names = sorted(map(str, measured["device"].where(is_gpu, measured["processor"]).dropna().unique()))
    if len(names) < 2:
        return []
    return [
        f"{TIME_COLUMNS[column]} were measured on {len(names)} processors ({'; '.join(names)}), so differences between "
        "them are not due to the networks alone."
    ]


def describe_mixture(table: pd.DataFrame) -> list[str]:
    """Return warnings about versions of the code or of torch, or devices, that differ between the finished points."""
    finished = table[table["state"] == "done"] if "state" in table else table
    notes = _describe_sources(finished)
    for name, things in (("commit", "versions of the code"), ("torch", "versions of torch"), ("device", "devices")):
        values = list(map(str, finished[name].dropna().unique())) if name in finished else []
        if name == "commit":  # a training that was resumed by other code has several
            values = [commit for value in values for commit in value.split(", ")]
        values = sorted(set(values))
        if len(values) > 1:
            notes.append(
                f"The results come from {len(values)} {things} ({', '.join(values)}), which may affect accuracy."
            )
    return notes


def _describe_sources(finished: pd.DataFrame) -> list[str]:
    """Return sentences on results that were trained elsewhere, and on what their intervals leave out."""
    sources = finished["source"].dropna() if "source" in finished else pd.Series(dtype=object)
    if sources.empty:
        return []
    results = pluralize(finished.loc[sources.index, "key"].nunique(), "result")
    return [
        f"Imported from {join_words(sources.unique())}: {results} trained elsewhere, whose answers to each test image "
        "are not known. Their intervals are for other seeds and the same test images."
    ]
