"""Sentences on points that were trained again."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from scaling_lab.analysis.reproduction import BIT_EQUAL, LEVEL, REPRODUCED, Reproduction
from scaling_lab.formatting import pluralize

NAMES = {
    "at_once": "images per micro-batch",
    "compiled": "torch.compile",
    "code": "code digest",
    "instruction_set": "instructions",
    "sync_batch_norm": "synchronized batch norm",
}


def summarize_reproductions(reproductions: Sequence[Reproduction]) -> list[str]:
    """Return the counts by verdict, what each point that is not reproduced has, and what differs from then."""
    counts = Counter(reproduction.verdict for reproduction in reproductions)
    good = sum(counts[verdict] for verdict in REPRODUCED)
    parts = ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
    lines = [f"{good} of {pluralize(len(reproductions), 'point')} reproduced: {parts}"]
    lines += [f"{item.row['key']}: {item.verdict}, {item.reason}" for item in reproductions if item.reason]
    others = [item for item in reproductions if item.verdict != BIT_EQUAL and item.now is not None]
    if others:
        lines.append(
            f"other seeds: the accuracy of another seed lies here, for all points of {100 * LEVEL:g} % of samples; "
            "changed: test images with another answer, and between two seeds of the network"
        )
        lines += _describe_differences(others)
    return lines


def describe_difference(name: str, recorded: Any, now: Any) -> str:
    """Return `torch 2.12.0, now 2.13.0`."""
    return f"{NAMES.get(name, name)} {recorded}, now {now}"


def _describe_differences(others: Sequence[Reproduction]) -> list[str]:
    """Return what the provenance of the points whose bits differ says about the reason."""
    counts = Counter(
        describe_difference(name, old, new) for item in others for name, (old, new) in item.differences.items()
    )
    lines = [f"differs ({pluralize(number, 'point')}): {text}" for text, number in counts.items()]
    if any(not item.recorded.provenance.get("code") for item in others):
        commits = sorted({str(item.recorded.provenance.get("commit", "unknown")) for item in others})
        lines.append(
            f"the results are older than the digest of the code; they were made by commit {', '.join(commits)}"
        )
    if not counts:
        lines.append("the recorded provenance is the same")
    if any(not item.recorded.provenance.get("instruction_set") for item in others):
        lines.append("the results do not record the instruction set of the processor, such as AVX2; it may differ")
    return lines
