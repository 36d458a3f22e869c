"""Call a tracker from a thread of its own, so that one that is slow, offline or broken stops nothing. No torch."""

import logging
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

from scaling_lab.study.trackers.base import Tracker

CLOSE_SECONDS = 60.0
"""How long the end of a sweep waits for a tracker."""
Call = Callable[[Tracker], None]

logger = logging.getLogger(__name__)


class Publisher:
    """Runs calls of a tracker in their order. The first that fails is logged; the others are tried.

    Args:
        name: Name of the tracker, for the warning.
        open_tracker: Returns the tracker; called in the thread.
    """

    def __init__(self, name: str, open_tracker: Callable[[], Tracker]) -> None:
        self._name, self._open = name, open_tracker
        self._calls = SimpleQueue[Call | None]()
        self._has_warned = False
        self._thread = Thread(target=self._run, name=f"tracker {name}", daemon=True)
        self._thread.start()

    def publish(self, call: Call) -> None:
        """Queue a call; returns at once."""
        self._calls.put(call)

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Wait until everything is written, but not longer than `seconds`."""
        self._calls.put(None)
        self._thread.join(seconds)
        if self._thread.is_alive():
            self._warn(f"not done after {seconds:.0f} s")

    def _run(self) -> None:
        tracker: Tracker | None = None
        try:
            tracker = self._open()
        except Exception as error:  # whatever its library raises
            self._warn(error)
        while call := self._calls.get():
            self._try(tracker, call)
        self._try(tracker, lambda opened: opened.close())

    def _try(self, tracker: Tracker | None, call: Call) -> None:
        try:
            if tracker is not None:
                call(tracker)
        except Exception as error:  # as above
            self._warn(error)

    def _warn(self, reason: object) -> None:
        if not self._has_warned:
            text = " ".join(str(reason).split())[:200] or type(reason).__name__
            logger.warning("tracker=%s is incomplete: %s; training continues", self._name, text)
        self._has_warned = True
