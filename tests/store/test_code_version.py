"""The digest of the deciding code, and mixed versions of results."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scaling_lab.config.hyperparameters import resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.errors import UserError
from scaling_lab.networks.families.mobilenet_v1 import mobilenet_v1_small
from scaling_lab.store import code_version as module
from scaling_lab.store.code_version import (
    CODE_DIGEST,
    DECIDING_FILES,
    code_digest,
    count_results_on_other_data,
    count_versions,
    deciding_files,
    describe_mixed_versions,
    require_same_version,
)
from scaling_lab.store.keys import canonical_form
from scaling_lab.store.results import StoredResults
from scaling_lab.store.schema import DataRef, Point, Result

NEW, OLD = {"code": "0a1b2c", "torch": "2.13.0", "commit": "x"}, {"commit": "8fbff8c", "torch": "2.13.0"}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package outside a checkout."""
    copy = tmp_path_factory.mktemp("package") / "scaling_lab"
    shutil.copytree(module.PACKAGE_ROOT, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def test_the_digest_does_not_depend_on_the_location(package: Path) -> None:
    assert code_digest(package) == CODE_DIGEST
    assert len(CODE_DIGEST) == 12


@pytest.mark.parametrize("place", [*DECIDING_FILES, "training/loop.py", "networks/families/regnet.py"])
def test_the_digest_changes_with_any_byte_of_a_deciding_file(package: Path, place: str) -> None:
    file = package / place if place.endswith(".py") else min((package / place).rglob("*.py"))
    before = file.read_bytes()
    try:
        file.write_bytes(before + b" ")
        assert code_digest(package) != CODE_DIGEST
    finally:
        file.write_bytes(before)
    assert code_digest(package) == CODE_DIGEST


def test_the_digest_changes_when_a_file_is_renamed(package: Path) -> None:
    before, after = package / "training/lr_schedule.py", package / "training/scheme.py"
    before.rename(after)
    try:
        assert code_digest(package) != CODE_DIGEST
    finally:
        after.rename(before)


def test_the_digest_does_not_change_with_other_files(package: Path) -> None:
    others = ("report/figures/style.py", "analysis/compare.py", "study/executors/pool.py", "store/results.py")
    values = ("networks/scaling/shares.py", "networks/families/resnet.py", "data/sets/cifar.py")
    for place in (*others, *values):
        with (package / place).open("a") as file:
            file.write("# more")
    assert code_digest(package) == CODE_DIGEST


@pytest.mark.parametrize("folder", ["networks/families", "data/sets"])
def test_the_digest_does_not_change_when_a_family_or_data_set_is_added(package: Path, folder: str) -> None:
    """The network and the images are in the key; a block of a family's own is not."""
    file = package / folder / "mine.py"
    file.write_text("def mine():\n    ...\n")
    try:
        assert code_digest(package) == CODE_DIGEST
        file.write_text("@dataclass\n@tagged('Mine')\nclass Block:\n    ...\n")
        assert (code_digest(package) == CODE_DIGEST) is (folder == "data/sets")
    finally:
        file.unlink()


def test_all_modules_loaded_for_training_decide_or_only_carry() -> None:
    """Every module loaded to train a point is deciding, or in a room that only carries values."""
    carries = ("atomic", "config", "errors", "formatting", "networks", "store", "study", "validation")
    script = "import sys, scaling_lab.study.executors.worker, scaling_lab.training.train_point; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    names = {
        name.partition(".")[2].replace(".", "/") for name in ended.stdout.split() if name.startswith("scaling_lab.")
    }
    decides = tuple(place.removesuffix(".py") for place in DECIDING_FILES)
    files = {file.relative_to(module.PACKAGE_ROOT).as_posix().removesuffix(".py") for file in deciding_files()}
    others = {name for name in names if name not in files and f"{name}/__init__" not in files}
    assert {name.split("/")[0] for name in others} <= set(carries)
    assert {name for name in others if name.startswith(("networks/", "config/"))} == {
        "config/cores",
        "config/execution",
    }
    assert all(any(name.startswith(place) for name in names) for place in decides)


def test_versions_are_counted_and_older_results_use_their_commit() -> None:
    counts = count_versions([OLD, NEW, NEW, NEW | {"torch": "2.13.0+cpu"}])
    assert counts == {"0a1b2c, torch 2.13.0": 2, "commit 8fbff8c, torch 2.13.0": 1, "0a1b2c, torch 2.13.0+cpu": 1}
    assert describe_mixed_versions(counts).startswith(
        "3 versions of the code: 0a1b2c, torch 2.13.0 (2); commit 8fbff8c"
    )
    assert describe_mixed_versions(count_versions([NEW, NEW])) == describe_mixed_versions({}) == ""


def test_results_of_another_version_are_an_error() -> None:
    current = {"code": CODE_DIGEST, "torch": "2.13.0"}
    require_same_version([], "2.13.0")
    require_same_version([current, current], "2.13.0")
    with pytest.raises(UserError, match=r"same_version=true.* 2 results of another version .*8fbff8c.* \(1\)"):
        require_same_version([current, OLD, NEW], "2.13.0")
    with pytest.raises(UserError, match=r"this is .*, torch 2\.14\.0"):
        require_same_version([current], "2.14.0")


@pytest.fixture
def make_result(quick: Any) -> Callable[[Point], Result]:
    """Return a result of a point, with the numbers of another."""
    result = next(iter(quick.results.values()))
    return lambda point: replace(result, key=point.key, point=canonical_form(point))


def test_results_on_other_data_of_the_same_name_are_counted(make_result: Callable[[Point], Result]) -> None:
    network = mobilenet_v1_small()
    point = Point(network, DataRef("two", "0"), resolve_hyperparameters(Recipe(batch=2), network, 2), 0)
    changed = replace(point, data=DataRef(point.data.name, "other"))
    renamed = replace(point, data=DataRef("another", "other"))
    others = [changed, renamed, replace(changed, seed=7), point]
    stored = StoredResults({other.key: make_result(other) for other in others})
    assert count_results_on_other_data([point], stored) == 1
    assert count_results_on_other_data([], stored) == 0
