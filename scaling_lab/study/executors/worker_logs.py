"""Log messages of worker processes, passed to their parent: a worker never writes across a live table.

Messages are JSON datagrams on a socket in a private folder. It has no lock that a killed worker could leave locked.
"""

import json
import logging
import shutil
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Thread

MAX_BYTES = 60_000


class LogReceiver:
    """Receives log messages of workers in a thread and logs them in this process.

    Attributes:
        address: path of the socket; None if none can be made, and workers then log to stderr.
    """

    def __init__(self) -> None:
        self.address: str | None = None
        self._folder: str | None = None
        self._socket: socket.socket | None = None
        self._thread: Thread | None = None
        with suppress(OSError):
            self._open()

    def _open(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="scaling_lab.")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = str(Path(self._folder, "log"))
        self._socket.bind(address)
        self._thread = Thread(target=self._receive, daemon=True)
        self._thread.start()
        self.address = address

    def close(self) -> None:
        """Log what workers have sent so far, then stop."""
        if self.address and self._thread:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"", self.address)
                self._thread.join()
        self.address = None
        if self._socket:
            self._socket.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _receive(self) -> None:
        assert self._socket is not None  # noqa: S101 - for the type checker
        with suppress(OSError):
            while content := self._socket.recv(MAX_BYTES):
                with suppress(ValueError, TypeError, KeyError):
                    message = json.loads(content)
                    logging.getLogger(message["name"]).log(int(message["level"]), "%s", message["text"])


class _Sender(logging.Handler):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # a parent that is stopped does not stop its workers

    def emit(self, record: logging.LogRecord) -> None:
        message = {"name": record.name, "level": record.levelno, "text": record.getMessage()[: MAX_BYTES // 8]}
        with suppress(OSError):
            self._socket.sendto(json.dumps(message).encode(), self.address)


def log_address() -> str | None:
    """Return the address that this process sends its log messages to."""
    senders = [h for h in logging.getLogger("scaling_lab").handlers if isinstance(h, _Sender)]
    return senders[0].address if senders else None


def send_logs(address: str | None) -> None:
    """Send the log messages of this process to the `LogReceiver` at this address."""
    if address is not None:
        logger = logging.getLogger("scaling_lab")
        logger.handlers, logger.propagate = [_Sender(address)], False
        logger.setLevel(logging.INFO)
