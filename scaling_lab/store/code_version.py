"""Which code made a result: a digest of all that decides its numbers, and how many versions a table spans. No torch."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scaling_lab.errors import UserError
from scaling_lab.formatting import pluralize
from scaling_lab.store.results import StoredResults
from scaling_lab.store.schema import Point, canonical_form

PACKAGE_ROOT = Path(__file__).parents[1]
# What a point goes through from its value to its numbers. Rules and fitting decide which network it is, so its key.
DECIDING_FILES = (
    *("networks/families", "networks/costs", "data", "training"),
    *("networks/layers.py", "networks/blocks.py", "networks/network.py", "networks/tags.py"),
    *("config/recipe.py", "config/hyperparameters.py"),
)
DIGEST_LENGTH = 12


def code_digest(package: Path = PACKAGE_ROOT) -> str:
    """12 hexadecimal digits of the SHA-256 of the names and bytes of the deciding source files of a package."""
    found = hashlib.sha256()
    for place in DECIDING_FILES:
        whole = package / place
        for path in sorted(whole.rglob("*.py")) if whole.is_dir() else [whole]:
            content = path.read_bytes()
            found.update(f"{path.relative_to(package).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()[:DIGEST_LENGTH]


CODE_DIGEST = code_digest()  # when this is imported: of the code that is loaded, whatever lies on the disk later


def format_version(provenance: Mapping[str, Any]) -> str:
    """Code and torch of a result; of an older one, which has no digest, its commit."""
    code = provenance.get("code") or f"commit {provenance.get('commit', 'unknown')}"
    return f"{code}, torch {provenance.get('torch', 'unknown')}"


def count_versions(provenances: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many results there are of each version, most first."""
    return dict(Counter(map(format_version, provenances)).most_common())


def describe_mixed_versions(found: Mapping[str, int]) -> str:
    """`2 versions of the code: 0a1b2c3d4e5f, torch 2.13.0 (12), ...`; empty for fewer than two."""
    if len(found) < 2:
        return ""
    listed = "; ".join(f"{name} ({number})" for name, number in found.items())
    return f"{pluralize(len(found), 'version')} of the code: {listed}"


def require_same_version(provenances: Iterable[Mapping[str, Any]], torch: str) -> None:
    """Raises UserError where results are there that this code with this torch has not made."""
    here = format_version({"code": CODE_DIGEST, "torch": torch})
    others = {name: number for name, number in count_versions(provenances).items() if name != here}
    if others:
        listed = "; ".join(f"{name} ({number})" for name, number in others.items())
        raise UserError(
            f"same_version=true, and {pluralize(sum(others.values()), 'result')} of another version of the "
            f"code: {listed}; "
            f"this is {here}; name=... begins a study of its own"
        )


def count_results_on_other_data(points: Iterable[Point], stored: StoredResults) -> int:
    """How many results differ from one of these points in nothing but what the data set of that name held."""
    if not stored.results:
        return 0
    asked = {_without_contents(canonical_form(point)) for point in points}
    own = {point.key for point in points}
    return sum(key not in own and _without_contents(one.point) in asked for key, one in stored.results.items())


def _without_contents(point: Mapping[str, Any]) -> str:
    data = point.get("data", {})
    return repr(sorted((point | {"data": data.get("name") if isinstance(data, Mapping) else None}).items()))
