"""Record of the looks at a study: the moments at which its verdicts were shown. No torch.

results/<study>/looks.jsonl   one line per look at which there were results that no earlier look had

It is a file of its own because a sweep may replace the plan, and a look cannot be undone.
"""

import json
import logging
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from scaling_lab.atomic import append_line
from scaling_lab.store.files import UNREADABLE, parse_json, read_file
from scaling_lab.store.ranges import require_key, require_range
from scaling_lab.store.reading import read_records
from scaling_lab.store.results import RECORD_FILE, Store
from scaling_lab.store.snapshot_file import SNAPSHOT_FILE

LOOKS_FILE = "looks.jsonl"
LOOK_COUNT = "looks"
"""Name of the number of looks in the record of a report, which shows whether some were lost since."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecordedLook:
    """One look at the verdicts of a study.

    Attributes:
        when: Time of the look, UTC.
        command: What showed the verdicts, such as `compare`.
        keys: Keys of the finished points that no earlier look had.
        waiting: Keys of the planned points that had neither a result nor failed.
        share: Share of what earlier looks have left of the error rate, if it was planned; None for the usual one.
    """

    when: str
    command: str
    keys: tuple[str, ...]
    waiting: tuple[str, ...] = ()
    share: float | None = None

    def __post_init__(self) -> None:
        for key in (*self.keys, *self.waiting):
            require_key(key)
        require_range(self, 0, 1, "share")


def read_looks(store: Store) -> list[RecordedLook]:
    """Return all looks, oldest first, without lines that cannot be read."""
    return read_records(store.folder / LOOKS_FILE, RecordedLook)


def count_lost_looks(store: Store) -> int:
    """Return how many looks are gone that there were when the last report was recorded; 0 if that is not known."""
    with suppress(*UNREADABLE):
        recorded = parse_json(read_file(store.folder / RECORD_FILE))
        count = recorded.get(LOOK_COUNT, 0) if isinstance(recorded, dict) else 0
        return max(0, count - len(read_looks(store))) if isinstance(count, int) else 0
    return 0


def record_look(
    store: Store,
    command: str,
    finished: Collection[str],
    waiting: Collection[str] = (),
    share: float | None = None,
) -> None:
    """Append a look to the record, unless it has the same data as the last one.

    It has other data if there are results that no earlier look had, or if points that were waiting are given up. Where
    nothing can be written, a warning says so.

    Args:
        store: The results folder.
        command: What shows the verdicts.
        finished: Keys of the finished points of the plan.
        waiting: Keys of the points of the plan that have neither a result nor failed.
        share: Share of what earlier looks have left of the error rate, if it was planned.
    """
    looks = read_looks(store)
    added = set(finished).difference(*(look.keys for look in looks))
    given_up = set(looks[-1].waiting).difference(finished, waiting) if looks else set()
    if added or given_up:
        when = datetime.now(UTC).isoformat(timespec="seconds")
        _append(store, RecordedLook(when, command, tuple(sorted(added)), tuple(sorted(waiting)), share))


def record_reader_look(store: Store, command: str, finished: Collection[str], waiting: Collection[str] = ()) -> None:
    """Do the same as `record_look`, but leave a finished study without a record alone.

    Such a study has a snapshot and was made by a version that recorded no looks. Its first look is written when a sweep
    adds results to it (`record_earlier_looks`): until then all looks have the same data and are one.
    """
    if (store.folder / LOOKS_FILE).exists() or not (store.folder / SNAPSHOT_FILE).exists():
        record_look(store, command, finished, waiting)


def record_earlier_looks(store: Store, finished: Collection[str]) -> None:
    """Record one look at a study without a record that has been looked at: it has a snapshot or a report."""
    shown = any((store.folder / name).exists() for name in (SNAPSHOT_FILE, RECORD_FILE))
    if shown and not (store.folder / LOOKS_FILE).exists():
        record_look(store, "before looks were recorded", finished)


def _append(store: Store, look: RecordedLook) -> None:
    content = asdict(look)
    for name in ("waiting", "share"):
        if not content[name] and content[name] != 0:
            del content[name]
    path = store.folder / LOOKS_FILE
    try:
        append_line(path, json.dumps(content))
    except OSError as error:
        logger.warning(
            "this look at the verdicts is not recorded, so later p values are not corrected for it: %s cannot be "
            "written (%s)",
            path,
            error.strerror,
        )
