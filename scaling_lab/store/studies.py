"""Open the results folder of a study; for a folder that does not exist, name the studies near it. No pandas."""

import csv
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path

from scaling_lab.errors import MAX_LISTED_NAMES, UserError
from scaling_lab.store.imported import KEY_PREFIX
from scaling_lab.store.results import IMPORTED_FILE, PLAN_FILE, TABLE_FILE, Store

RESULTS = Path("results")  # where studies are by default
MAX_SHOWN = 80  # characters of a path


def open_store(results: Path) -> Store:
    """Return the store of a results folder.

    Raises:
        UserError: The folder does not exist, has lost the file of its imported results, or has no plan but contains
            studies. The message names studies.
    """
    try:
        exists = results.is_dir()
        has_plan = exists and _is_study(results)
    except OSError:  # the name is too long for the file system
        exists = has_plan = False
    shown = str(results)[:MAX_SHOWN]
    if not exists:
        raise UserError(f"there is no results folder {shown}{_hint(results)}")
    if not has_plan and (studies := find_studies(results)):
        raise UserError(f"no {PLAN_FILE} in {shown}, which has the studies {_listed(studies)}; name one of them")
    if not has_plan and _has_imported_table(results):
        raise UserError(
            f"{shown} has the {TABLE_FILE} of imported results, but not their {IMPORTED_FILE}; import them again"
        )
    return Store(results)


def find_studies(parent: Path) -> list[str]:
    """Return the names of the folders in `parent` that have a study, sorted; none if it cannot be read."""
    with suppress(OSError):
        return sorted(folder.name for folder in parent.iterdir() if _is_study(folder))
    return []


def _is_study(folder: Path) -> bool:
    """Return whether a folder has a plan, or imported results."""
    return any((folder / name).is_file() for name in (PLAN_FILE, IMPORTED_FILE))


def _has_imported_table(folder: Path) -> bool:
    """Return whether the table of a folder is one of imported results."""
    with suppress(OSError, UnicodeDecodeError, csv.Error), (folder / TABLE_FILE).open(encoding="utf-8") as file:
        return str(next(csv.DictReader(file), {}).get("key")).startswith(KEY_PREFIX)
    return False


def _hint(results: Path) -> str:
    """Return the end of a message: the nearest study, and the studies in the first place that has any."""
    for parent in (results.parent, RESULTS):
        if names := find_studies(parent):
            near = get_close_matches(results.name, names, n=1, cutoff=0.5)
            hint = f"; did you mean {parent / near[0]}?" if near else ";"
            return f"{hint} {parent} has {_listed(names)}"
    return ""


def _listed(names: list[str]) -> str:
    more = len(names) - MAX_LISTED_NAMES
    return ", ".join(names[:MAX_LISTED_NAMES]) + (f" and {more} more" if more > 0 else "")
