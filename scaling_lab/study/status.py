"""Plan minus results."""

from dataclasses import dataclass

from scaling_lab.records import Plan
from scaling_lab.results import Stored


@dataclass(frozen=True)
class Status:
    """How far results answer a plan, by keys in the plan's order; every point is in one of done, failed and missing.

    failed: reasons by key. broken: names of files that cannot be read. others: results that answer no question of it.
    """

    done: tuple[str, ...]
    failed: dict[str, str]
    missing: tuple[str, ...]
    left: tuple[str, ...]
    broken: tuple[str, ...]
    others: tuple[str, ...]

    def state(self, key: str) -> str:
        """done, failed or missing."""
        return "failed" if key in self.failed else "missing" if key in self.left else "done"


def status(plan: Plan, stored: Stored) -> Status:
    """Plan minus results. What failed is left to do, like what is missing."""
    keys = list(dict.fromkeys(entry.key for entry in plan.entries))
    asked = set(keys)
    left = tuple(key for key in keys if key not in stored.results)
    failed = {key: stored.failures[key] for key in left if key in stored.failures}
    return Status(
        done=tuple(key for key in keys if key in stored.results),
        failed=failed,
        missing=tuple(key for key in left if key not in failed),
        left=left,
        broken=stored.broken,
        others=tuple(key for key in stored.results if key not in asked),
    )
