"""Points that resume from a checkpoint, by the names of the checkpoints alone. No torch."""

from contextlib import suppress

from scaling_lab.errors import UserError
from scaling_lab.store.files import file_names
from scaling_lab.store.names import parse_checkpoint_name
from scaling_lab.store.results import Store


def checkpoint_steps(store: Store) -> dict[str, int]:
    """Return the step of the latest checkpoint of each point that has one, by key; none if they cannot be read."""
    steps: dict[str, int] = {}
    with suppress(UserError):
        for checkpoint in filter(None, map(parse_checkpoint_name, file_names(store.checkpoints))):
            steps[checkpoint.key] = max(checkpoint.number, steps.get(checkpoint.key, 0))
    return steps
