"""Version of the code that made a result: a digest of the files that decide its numbers. No torch."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scaling_lab.errors import UserError
from scaling_lab.formatting import pluralize
from scaling_lab.store.keys import canonical_form
from scaling_lab.store.results import StoredResults
from scaling_lab.store.schema import Point

PACKAGE_ROOT = Path(__file__).parents[1]
# The files that take a point from its value to its numbers. Families, rules, fitting and data sets only decide which
# network and which images a point has, and so its key. But a family may define a block, whose layers are not in the
# key.
DECIDING_FILES = (
    *("networks/costs", "modules", "data", "training"),
    *(
        "networks/layers.py",
        "networks/block_layers.py",
        "networks/blocks.py",
        "networks/parts.py",
        "networks/network.py",
        "networks/module_network.py",
        "networks/tags.py",
    ),
    *("config/recipe.py", "config/hyperparameters.py"),
)
FAMILIES, DATA_SETS = "networks/families", "data/sets"
DEFINES_BLOCK = b"\n@tagged("
DIGEST_LENGTH = 12


def code_digest(package: Path = PACKAGE_ROOT) -> str:
    """Return 12 hexadecimal digits of the SHA-256 over the names and bytes of a package's deciding source files."""
    digest = hashlib.sha256()
    for file in deciding_files(package):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(package).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:DIGEST_LENGTH]


def deciding_files(package: Path = PACKAGE_ROOT) -> list[Path]:
    """Return the source files of a package that take a point from its value to its numbers."""
    paths = [package / name for name in DECIDING_FILES]
    files = [file for path in paths for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    blocks = [file for file in sorted((package / FAMILIES).rglob("*.py")) if DEFINES_BLOCK in file.read_bytes()]
    return [file for file in files if package / DATA_SETS not in file.parents] + blocks


CODE_DIGEST = code_digest()  # taken at import: of the code that is loaded, even if the files change later


def format_version(provenance: Mapping[str, Any]) -> str:
    """Return the versions of the code and of torch, for example `0a1b2c3d4e5f, torch 2.13.0`.

    Older results have no digest; their commit takes its place.
    """
    code = provenance.get("code") or f"commit {provenance.get('commit', 'unknown')}"
    return f"{code}, torch {provenance.get('torch', 'unknown')}"


def count_versions(provenances: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the number of results of each version, most frequent first."""
    return dict(Counter(map(format_version, provenances)).most_common())


def describe_mixed_versions(counts: Mapping[str, int]) -> str:
    """Return `2 versions of the code: 0a1b2c3d4e5f, torch 2.13.0 (12); ...`; empty for fewer than two versions.

    Args:
        counts: Number of results of each version.
    """
    if len(counts) < 2:
        return ""
    return f"{pluralize(len(counts), 'version')} of the code: {_list_versions(counts)}"


def require_same_version(provenances: Iterable[Mapping[str, Any]], torch: str) -> None:
    """Check that this code with this version of torch made all results.

    Raises:
        UserError: Another version made some of them.
    """
    current = format_version({"code": CODE_DIGEST, "torch": torch})
    others = {name: number for name, number in count_versions(provenances).items() if name != current}
    if others:
        raise UserError(
            f"same_version=true, but the study has {pluralize(sum(others.values()), 'result')} of another version of "
            f"the code: {_list_versions(others)}; this is {current}; start a new study with name=..."
        )


def version_conflict(code: str | None) -> str | None:
    """Return why this code may not train for a sweep that allows one version only; None if it may.

    Args:
        code: Digest of the version that may train; None allows any.
    """
    if code in (None, CODE_DIGEST):
        return None
    return f"same_version=true: the sweep was started by version {code} of the code; this is {CODE_DIGEST}"


def count_results_on_other_data(points: Iterable[Point], stored: StoredResults) -> int:
    """Return how many stored results equal one of these points but for the contents of the dataset of that name."""
    if not stored.results:
        return 0
    points = list(points)
    forms = {_without_fingerprint(canonical_form(point)) for point in points}
    keys = {point.key for point in points}
    return sum(
        key not in keys and _without_fingerprint(result.point) in forms for key, result in stored.results.items()
    )


def _list_versions(counts: Mapping[str, int]) -> str:
    return "; ".join(f"{name} ({number})" for name, number in counts.items())


def _without_fingerprint(point: Mapping[str, Any]) -> str:
    data = point.get("data", {})
    return repr(sorted({**point, "data": data.get("name") if isinstance(data, Mapping) else None}.items()))
