"""Checks of a result against itself, so that a file changed in place is noticed. No torch.

A result's key is the hash of its point, its accuracy is the share of its bits, and its file has a checksum of its
content, except in files of older versions.
"""

from collections.abc import Mapping
from typing import Any

from scaling_lab.store.bits import count_bits
from scaling_lab.store.keys import form_digest, form_key
from scaling_lab.store.ranges import require_provenance
from scaling_lab.store.schema import Result

CHECKSUM = "checksum"  # field of a result's file


def with_checksum(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a result's file with its checksum."""
    return {**content, CHECKSUM: form_digest(content)}


def without_checksum(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a result's file without the checksum, after comparing it.

    Raises:
        ValueError: The content is not that of the checksum.
    """
    rest = dict(content)
    if CHECKSUM in rest and rest.pop(CHECKSUM) != form_digest(rest):
        raise ValueError("its checksum does not match: it has been changed since it was written")
    return rest


def check_result(result: Result) -> None:
    """Check a result against itself.

    Raises:
        ValueError: The key is not that of the point, the accuracy is not that of the test images, or a value of the
            provenance has another type.
    """
    require_provenance(result.provenance)
    key = form_key(result.point)
    if key != result.key:
        raise ValueError(f"its point has the key {key}, not {result.key[:40]}")
    correct = count_bits(result.test_correct, result.test_pictures)
    if correct / result.test_pictures != result.test_accuracy:
        raise ValueError(
            f"test_accuracy is {result.test_accuracy}; test_correct has {correct} of {result.test_pictures} images"
        )
