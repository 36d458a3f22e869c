"""Read a scalar from TensorBoard's event files, as the table that its page downloads. Needs tensorboard, no torch."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from scaling_lab.errors import UserError, unknown_name
from scaling_lab.store.imported import Source
from scaling_lab.study.imports.fields import LINE, SOURCE
from scaling_lab.study.imports.read import read_bytes
from scaling_lab.study.option_names import column_option

PREFIX = "events.out.tfevents"


def is_event_file(path: Path) -> bool:
    """Return whether a file is one of events, by its name."""
    return path.name.startswith(PREFIX)


def read_events(path: Path, tag: str | None) -> tuple[tuple[Path, pd.DataFrame], Source]:
    """Return the values of a scalar, with the name that a download of them has, and the digest of the file.

    Args:
        path: File in the folder of its run.
        tag: Name of the scalar.

    Raises:
        UserError: No tag is given, it is not in the file, the file cannot be read, or tensorboard is not installed.
    """
    if find_spec("tensorboard") is None:
        raise UserError("event files need the package tensorboard, which is not installed: pip install tensorboard")
    if tag is None:
        raise UserError(f"{path.name}: name the scalar that has the accuracy with {column_option('accuracy', 'TAG')}")
    from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator

    content = read_bytes(path)
    events = EventAccumulator(str(path), size_guidance={SCALARS: 0}).Reload()
    if tag not in events.Tags()[SCALARS]:
        raise unknown_name(f"tag of {path.name}", tag, events.Tags()[SCALARS], list_all=True)
    rows = [(str(event.wall_time), str(event.step), repr(event.value)) for event in events.Scalars(tag)]
    table = pd.DataFrame(rows, columns=["Wall time", "Step", "Value"], dtype=object)
    run = path.absolute().parent.name
    named = path.with_name(f"run-{run}-tag-accuracy.csv")
    source = f"{run}/{path.name}"
    return (named, table.assign(**{SOURCE: source, LINE: ""})), Source(source, hashlib.sha256(content).hexdigest())
