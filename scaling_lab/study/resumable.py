"""Points that resume from a checkpoint, by the names of the checkpoints alone. No torch."""

import os
import re
from contextlib import suppress

from scaling_lab.store.keys import KEY_LENGTH
from scaling_lab.store.results import Store

CHECKPOINT_NAME = re.compile(rf"([0-9a-f]{{{KEY_LENGTH}}})\.([0-9]{{9}})\.checkpoint")


def checkpoint_steps(store: Store) -> dict[str, int]:
    """Return the step of the latest checkpoint of each point that has one, by key."""
    steps: dict[str, int] = {}
    with suppress(OSError), os.scandir(store.checkpoints) as files:
        for file in files:
            if match := CHECKPOINT_NAME.fullmatch(file.name):
                steps[match[1]] = max(int(match[2]), steps.get(match[1], 0))
    return steps
