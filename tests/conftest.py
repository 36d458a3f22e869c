"""A study with synthetic accuracies, built from the real records, for tests that read results."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from scaling_lab.store.bits import pack_bits
from scaling_lab.store.keys import form_key
from scaling_lab.store.plan_schema import Entry, Plan, Question
from scaling_lab.store.results import Store, StoredResults
from scaling_lab.store.schema import Result
from scaling_lab.store.table import results_table

sys.path.insert(0, str(Path(__file__).parent))  # for made_up.py
os.environ["OMP_NUM_THREADS"] = "1"  # read by torch, which takes seconds to import and which few tests need

BASELINES = {
    "mobilenet_v1_small": (14_300_000, 220_000),
    "resnet_small": (38_100_000, 311_000),
    "efficientnet_b0_small": (9_420_000, 290_000),
}
RULES = {"depth": (1, 0, 0), "width": (0, 1, 0), "resolution": (0, 0, 1), "compound": (0.3, 0.31, 0.39)}
PROVENANCE = {
    "device": "cpu",
    "threads": 1,
    "torch": "2.13.0",
    "python": "3.11.9",
    "processor": "a processor",
    "commit": "0123456789ab",
    "finished": "2025-01-01T10:00:00Z",
}


@dataclass(frozen=True)
class Study:
    """A plan, and the results of its entries by key."""

    plan: Plan
    results: dict[str, Result]

    def table(self) -> Any:
        return results_table(self.plan, StoredResults(results=self.results))

    def written(self, folder: Path) -> Path:
        store = Store(folder)
        store.open_for_writing()
        store.write_plan(self.plan)
        for result in self.results.values():
            store.add_result(result)
        return folder


def point_form(family: str, rule: str, times: float | None, seed: int) -> dict[str, Any]:
    """Return what stands for the canonical form of a point, from which its key is made."""
    return {"is": "Point", "network": "baseline" if times == 1 else f"{rule} {times}", "family": family, "seed": seed}


def entry(family: str, rule: str, times: float, seed: int) -> Entry:
    flops, params = BASELINES.get(family, (1_000_000, 100_000))
    depth, width, side = RULES.get(rule, (0, 1, 0))
    d, w, r = times**depth, times ** (width / 2), times ** (side / 2)
    off = 1 if times == 1 else 1 + (len(rule) % 5 - 2) / 500
    got = round(flops * times * off)
    return Entry(
        question=Question(family, rule, "fitted", times, d, w, r, "fashion_mnist", "quick", seed),
        key=form_key(point_form(family, rule, times, seed)),
        flops=got,
        flops_fvcore=round(got * 1.04),
        params=round(params * d * w**2),
        activations=round(got / 40),
        depths=(1, round(2 * d), round(3 * d)),
        widths=(round(16 * w), round(32 * w), round(64 * w)),
        side=round(20 * r),
        times_flops_got=got / flops,
        d_got=d,
        w_got=w,
        r_got=r,
    )


def result(of: Entry, accuracy: float | None = None, **provenance: Any) -> Result:
    """Return a synthetic result; without an accuracy, the key determines one."""
    noise = int(of.key[:6], 16) / 0xFFFFFF
    base = 0.84 + 0.02 * (len(of.question.family) % 3) + 0.006 * (of.times_flops_got - 1)
    right = round(2000 * (base + 0.008 * noise if accuracy is None else accuracy))
    return Result(
        key=of.key,
        point=point_form(of.question.family, of.question.rule, of.question.times_flops, of.question.seed),
        flops=of.flops,
        flops_fvcore=of.flops_fvcore,
        flops_by_fvcore=of.flops,
        params=of.params,
        activations=of.activations,
        held_out_accuracy=right / 2000 - 0.004,
        test_accuracy=right / 2000,
        test_pictures=2000,
        test_correct=pack_bits([i < right for i in range(2000)]),
        train_loss=(1.4, 0.9, 0.7),
        train_seconds=21.5 + 3 * noise,
        point_seconds=24.0 + 3 * noise,
        provenance=PROVENANCE | provenance,
    )


def study(
    families: Iterable[str] = tuple(BASELINES),
    rules: Iterable[str] = tuple(RULES),
    times: Iterable[float] = (1, 2),
    seeds: Iterable[int] = (0, 1),
    accuracy: Callable[[Entry], float | None] = lambda _: None,
) -> Study:
    entries = tuple(entry(f, rule, t, seed) for f in families for rule in rules for t in times for seed in seeds)
    overrides = ("study=quick", "times_flops=1,2")
    return Study(Plan("quick", overrides, entries), {e.key: result(e, accuracy(e)) for e in entries})


@pytest.fixture(scope="session")
def make_study() -> Callable[..., Study]:
    """Return a function that builds a study from families, rules, budgets, seeds and an accuracy per entry."""
    return study


@pytest.fixture(scope="session")
def quick() -> Study:
    """Three families, four rules, 1x and 2x, two seeds."""
    return study()


@pytest.fixture(scope="session")
def on_device() -> Callable[[Study, str], Study]:
    """Return a function that moves the first result of a study to another device."""

    def moved(original: Study, device: str) -> Study:
        key, first = next(iter(original.results.items()))
        return replace(
            original, results=original.results | {key: replace(first, provenance=PROVENANCE | {"device": device})}
        )

    return moved


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Cache datasets in a temporary folder, which processes started by tests use too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def needed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Mapping[str, Any]], dict[str, Any]]:
    """Return a function from a dataset's name and YAML to the settings needed to build it.

    These are the path of a small synthetic source and, if the dataset checks it, any number of classes.
    """
    from made_up import SOURCES, class_folders

    made: dict[str, Path] = {}

    def add(name: str, what: Mapping[str, Any]) -> dict[str, Any]:
        if "path" not in what:
            return {}
        if name not in made:
            made[name] = SOURCES.get(name, class_folders)(tmp_path_factory.mktemp(name))
        return {"path": str(made[name])} | ({"classes": None} if "classes" in what else {})

    return add
