"""Time from a results folder of many points to its page: `python benchmarks/page.py [POINTS ...]`.

The points are those of eight rules at five budgets and a baseline, with ten seeds each, of as many families as needed.
"""

import base64
import json
import sys
import tempfile
from collections.abc import Iterator
from itertools import count, islice, product
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from result_files import SEEDS, committed_result

from scaling_lab.report import write_report
from scaling_lab.store.integrity import with_checksum
from scaling_lab.store.keys import form_key
from scaling_lab.store.plan_schema import Entry, Plan, Question
from scaling_lab.store.results import Store
from scaling_lab.study.point_command import point_command

RULES = ("compound", "depth", "width", "resolution", "uniform", "fast", "tinynet", "resnet_rs")
BUDGETS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0)
POINTS = (1_000, 10_000)
IMAGES = 2000


def main(sizes: list[int]) -> None:
    """Print the seconds that the page of each number of points takes, and its size."""
    for points in sizes or POINTS:
        with tempfile.TemporaryDirectory() as folder:
            results = write_study(Path(folder, "results"), points)
            began, used = perf_counter(), process_time()
            page = write_report(results, Path(folder, "report"), point_command=point_command)
            print(
                f"{points:,} points: {perf_counter() - began:.1f} s, CPU {process_time() - used:.1f} s, "
                f"{page.stat().st_size / 1e6:.1f} MB",
                flush=True,
            )


def write_study(folder: Path, points: int) -> Path:
    """Write the plan and the result files of a synthetic study to a folder, and return it."""
    store = Store(folder)
    store.open_for_writing()
    entries = tuple(islice(_entries(), points))
    store.write_plan(Plan("benchmark", (), entries))
    template, rng = committed_result(), np.random.default_rng(1905)
    for entry in entries:
        truth = 0.82 + 0.004 * RULES.index(entry.question.rule) + 0.01 * np.log2(entry.times_flops_got)
        right = rng.random(IMAGES) < truth
        costs = {name: getattr(entry, name) for name in ("flops", "flops_fvcore", "params", "activations")}
        bits = {"test_pictures": IMAGES, "test_correct": base64.b64encode(np.packbits(right)).decode()}
        named = {"key": entry.key, "point": _form(entry.question), "flops_by_fvcore": entry.flops}
        result = template | costs | bits | named | {"test_accuracy": int(right.sum()) / IMAGES}
        (folder / "points" / f"{entry.key}.json").write_text(json.dumps(with_checksum(result)))
    return folder


def _entries() -> Iterator[Entry]:
    """Yield the entries of one family after another; a baseline is that of the first rule."""
    for number in count():
        for rule, times, seed in product(RULES, BUDGETS, range(SEEDS)):
            if times > 1 or rule == RULES[0]:
                yield _entry(f"family {number}", rule, times, seed)


def _entry(family: str, rule: str, times: float, seed: int) -> Entry:
    place = 0 if times == 1 else RULES.index(rule) / len(RULES)
    d, w, r = times**place, times ** ((1 - place) / 2), 1.0
    question = Question(family, rule, "fitted", times, d, w, r, "fashion_mnist", "quick", seed)
    flops = round(10_000_000 * times)
    return Entry(
        question=question,
        key=form_key(_form(question)),
        flops=flops,
        flops_fvcore=round(1.04 * flops),
        params=round(100_000 * d * w**2),
        activations=round(flops / 40),
        depths=(1, round(10 * d)),
        widths=(16, round(100 * w)),
        side=20,
        times_flops_got=times,
        d_got=d,
        w_got=w,
        r_got=r,
    )


def _form(question: Question) -> dict[str, Any]:
    """Return what stands for the canonical form of a point, from which its key is made."""
    named = {name: getattr(question, name) for name in ("family", "rule", "times_flops", "seed")}
    return committed_result()["point"] | {"network": named}


if __name__ == "__main__":
    sys.exit(main([int(points) for points in sys.argv[1:]]))
