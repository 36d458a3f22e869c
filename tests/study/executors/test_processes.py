import os
import signal
import subprocess
import sys
from collections.abc import Callable
from multiprocessing import forkserver
from pathlib import Path
from time import monotonic, sleep

import pytest

from scaling_lab.study.executors.fork_server import start_fork_server
from scaling_lab.study.executors.processes import Failure, call_in_processes

KILL = "__import__('signal').raise_signal(9)"
PID = "__import__('os').getpid()"
OUTLIVING = """
import signal
import sys
from stand_in import sleep_in
from scaling_lab.study.executors import fork_server, processes
fork_server.PRELOADED = []
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background of a shell
    try:
        list(processes.call_in_processes(sleep_in, [(sys.argv[1],)] * 3, 2))
    except KeyboardInterrupt:
        sys.exit(130)
"""

pytestmark = pytest.mark.usefixtures("stand_in")


def outcomes(*expressions: str, workers: int = 2) -> list[object]:
    """Evaluate each expression in its own process and return the outcomes in the given order."""
    return [outcome for _, outcome in sorted(call_in_processes(eval, [(text,) for text in expressions], workers))]


def test_each_call_runs_in_its_own_process_on_one_thread() -> None:
    *pids, threads = outcomes(PID, PID, PID, "__import__('os').environ['OMP_NUM_THREADS']")
    assert len({os.getpid(), *pids}) == 4
    assert threads == "1"


def test_the_server_of_forks_can_be_started_early() -> None:
    start_fork_server()
    server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    assert server
    assert list(call_in_processes(os.getppid, [()], workers=1)) == [(0, server)]


def test_no_more_calls_run_at_once_than_workers() -> None:
    spans = outcomes(*["(lambda t: (t.monotonic(), t.sleep(0.2), t.monotonic()))(__import__('time'))"] * 5, workers=2)
    starts, ends = ([span[i] for span in spans] for i in (0, 2))
    assert max(sum(start <= at < end for start, end in zip(starts, ends, strict=True)) for at in starts) == 2


def test_a_killed_call_stops_no_other() -> None:
    killed, *others = outcomes(KILL, "1", KILL, "2", "3")
    assert isinstance(killed, Failure)
    assert killed.died
    assert "memory" in killed.reason
    assert [other for other in others if not isinstance(other, Failure)] == [1, 2, 3]


def test_errors_are_one_line() -> None:
    assert outcomes("1 / 0", "exit(3)", "__import__('os')._exit(5)", workers=1) == [
        Failure("ZeroDivisionError: division by zero (<string>:1)"),
        Failure("SystemExit: 3 (<frozen _sitebuiltins>:26)"),
        Failure("the worker ended with exit status 5", died=True),
    ]


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    until = monotonic() + seconds
    while not condition() and monotonic() < until:
        sleep(0.05)
    return condition()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_workers_do_not_outlive_their_parent(how: signal.Signals, tmp_path: Path, stand_in: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(OUTLIVING)
    path = os.pathsep.join([str(stand_in), str(Path.cwd())])
    environment = os.environ | {"PYTHONPATH": path}
    command = [sys.executable, script, tmp_path]
    parent = subprocess.Popen(command, env=environment, start_new_session=True, stderr=subprocess.PIPE)  # noqa: S603
    try:
        assert wait_for(lambda: len(list(tmp_path.glob("*.worker"))) == 2, 20)
        workers = [Path("/proc") / worker.stem for worker in tmp_path.glob("*.worker")]
        assert all(worker.exists() for worker in workers)
        if how == signal.SIGINT:
            os.killpg(parent.pid, how)  # as a terminal does
        else:
            os.kill(parent.pid, how)
        _, message = parent.communicate(timeout=10)
    finally:
        parent.kill()
    assert parent.returncode == (130 if how == signal.SIGINT else -9)
    assert message == b""
    assert wait_for(lambda: not any(worker.exists() for worker in workers), 5)
    assert len(list(tmp_path.glob("*.worker"))) == 2


def test_modules_of_the_current_folder_are_not_imported(tmp_path: Path) -> None:
    """The server of forks and its tracker are started with `python -c`, for which the current folder comes first."""
    script, folder = tmp_path / "script.py", tmp_path / "work"
    script.write_text(
        "import os\nfrom scaling_lab.study.executors import fork_server, processes\n"
        "fork_server.PRELOADED = ['scaling_lab.errors']\n"
        "before = dict(os.environ) | fork_server.SINGLE_THREAD | fork_server.REUSED_MEMORY\n"
        "if __name__ == '__main__':\n    calls = [(\"__import__('sys').modules.keys() >= {'scaling_lab.errors'}\",)]\n"
        "    print(list(processes.call_in_processes(eval, calls, 1)), dict(os.environ) == before)\n"
    )
    folder.mkdir()
    for name in ("selectors", "socket", "struct", "signal", "random", "torch"):
        (folder / f"{name}.py").write_text(f"open('imported.{name}', 'w')\nraise SystemExit('imported')\n")
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    ended = subprocess.run(  # noqa: S603
        [sys.executable, script], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.stdout, ended.stderr) == ("[(0, True)] True\n", "")
    assert not list(folder.glob("imported.*"))


def test_calls_that_take_longer_than_the_limit_are_ended() -> None:
    start = monotonic()
    outcomes = dict(call_in_processes(eval, [("__import__('time').sleep(100)",), ("7",)], 2, seconds=6.0))
    assert outcomes == {1: 7}
    assert monotonic() - start < 60
