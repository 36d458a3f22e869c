"""The frame of every command: guarded output, logging, and errors as lines with an exit status."""

import errno
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from threading import current_thread, main_thread

from scaling_lab.errors import EXIT_INTERRUPTED, UserError, error_messages
from scaling_lab.study.display.logs import configure_logging
from scaling_lab.study.display.streams import escape_controls, guarded_streams
from scaling_lab.training.interrupts import signals_as_keyboard_interrupt

EXIT_FAILURE = 1  # work failed: a point, a full disk, no memory
EXIT_USER_ERROR = 2
VERBOSE_OPTIONS = ("-v", "--verbose")
# Reasons of the system for which a path that was given cannot be used.
PATH_ERRORS = (
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP),
    *(errno.EACCES, errno.EPERM, errno.EROFS),
)


def run_command(work: Callable[[list[str]], int], words: Sequence[str]) -> int:
    """Run a command and return its exit status: 0 done, 1 work failed, 2 a user's mistake, 130 interrupted.

    A reader that goes, as after `| head`, is no failure: the work is done all the same. SIGTERM and SIGHUP interrupt
    the command as Ctrl-C does, so that drafts of files are removed.

    Args:
        work: takes the command line without `-v` and `--verbose`, and returns the exit status.
        words: the command line.
    """
    verbose = any(word in VERBOSE_OPTIONS for word in words)
    with guarded_streams() as discarded:
        _keep_warnings_from_failing()
        configure_logging(verbose)
        status = _exit_status(lambda: _interruptible(work, words), verbose)
        sys.stdout.flush()
        reasons = [error for error in discarded if error.errno != errno.EPIPE]
        if reasons and status == 0:
            _print_error(f"standard output cannot be written to: {reasons[0].strerror}")
            status = EXIT_FAILURE
    return status


def print_user_error(error: UserError) -> int:
    """Print the messages of a user's mistake, one per line, and return the exit status."""
    for message in error_messages(error):
        _print_error(message)
    return EXIT_USER_ERROR


def _interruptible(work: Callable[[list[str]], int], words: Sequence[str]) -> int:
    with signals_as_keyboard_interrupt() if current_thread() is main_thread() else nullcontext():
        return work([word for word in words if word not in VERBOSE_OPTIONS])


def _exit_status(work: Callable[[], int], verbose: bool) -> int:
    try:
        return work()
    except SystemExit as stop:  # of argparse and of Hydra's sweeper
        return stop.code if isinstance(stop.code, int) else EXIT_FAILURE if stop.code else 0
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except UserError as error:
        if verbose and error.__cause__ is not None:
            traceback.print_exc()
        return print_user_error(error)
    except (OSError, MemoryError, ImportError, EOFError) as error:  # what the system lacks; anything else is a defect
        if verbose:
            traceback.print_exc()
        _print_error(_describe(error))
        return EXIT_USER_ERROR if isinstance(error, OSError) and error.errno in PATH_ERRORS else EXIT_FAILURE


def _print_error(message: str) -> None:
    print(f"error: {escape_controls(message)}", file=sys.stderr)


def _describe(error: OSError | MemoryError | ImportError | EOFError) -> str:
    if isinstance(error, MemoryError):
        return "not enough memory"
    if isinstance(error, EOFError):  # of a pipe to another process
        return "a process that this one needs has ended; there may not be enough memory for it"
    if isinstance(error, ImportError):
        text = " ".join(str(error).split())[:200]
        return f"not enough memory: {text}" if "failed to map segment" in text else text or type(error).__name__
    if error.filename is None and not _has_working_directory():
        return "the current folder has been deleted"
    reason = error.strerror or str(error) or type(error).__name__
    return reason if error.filename is None else f"{str(error.filename)[:200]}: {reason}"


def _has_working_directory() -> bool:
    try:
        os.getcwd()  # noqa: PTH109
    except OSError:
        return False
    return True


def _keep_warnings_from_failing() -> None:
    """Show warnings that PYTHONWARNINGS turns into errors: a library's warning must end neither command nor worker."""
    if any(option.startswith("error") for option in sys.warnoptions):
        sys.warnoptions.clear()  # new processes inherit it
        os.environ.pop("PYTHONWARNINGS", None)
        warnings.simplefilter("default")
