"""Create the folders of a sweep and write its plan."""

import logging
import tempfile
from pathlib import Path

from scaling_lab.errors import UserError
from scaling_lab.store.leftovers import remove_old_drafts
from scaling_lab.store.looks import record_earlier_looks
from scaling_lab.store.snapshot import remove_outdated_snapshot
from scaling_lab.study.context import SweepContext

logger = logging.getLogger(__name__)


def open_folders(sweep: SweepContext) -> None:
    """Create the folders and write the plan."""
    store = sweep.store
    store.open_for_writing()
    _open_for_writing(sweep.report_folder)
    for name, reason in sweep.status.broken.items():
        logger.warning("%s cannot be read (%s); left out", store.points / name, reason)
    remove_old_drafts(store.folder, store.points, store.leases, store.checkpoints, sweep.report_folder)
    if sweep.remaining:
        record_earlier_looks(store, sweep.status.done)
    remove_outdated_snapshot(store, sweep.plan)
    store.write_plan(sweep.plan)


def _open_for_writing(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(f"reports folder {folder} cannot be written to: {error.strerror}") from None
