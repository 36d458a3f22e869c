"""Stop signals: immediate outside of `defer_stop`, recorded inside."""

import signal
from collections.abc import Iterator

import pytest

from scaling_lab.training.interrupts import (
    STOP_SIGNALS,
    StopRequested,
    defer_stop,
    handle_stop_signals,
    request_stop,
    signals_as_keyboard_interrupt,
)


@pytest.fixture(autouse=True)
def default_handlers() -> Iterator[None]:
    """Signal handlers as in a process started from a terminal, whatever the caller of the tests ignores."""
    handlers = dict.fromkeys(STOP_SIGNALS, signal.SIG_DFL) | {signal.SIGINT: signal.default_int_handler}
    previous = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    yield
    for number, handler in previous.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_raises_at_once_outside_of_defer_stop(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(StopRequested), handle_stop_signals():
        signal.raise_signal(number)
    assert signal.getsignal(number) == before


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_is_recorded_inside_of_defer_stop(number: signal.Signals) -> None:
    with handle_stop_signals(), defer_stop() as is_stop_requested:
        assert not is_stop_requested()
        signal.raise_signal(number)
        assert is_stop_requested()


def test_a_second_signal_raises_nothing() -> None:
    with handle_stop_signals():
        with pytest.raises(StopRequested):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)


def test_a_stop_can_be_requested_without_a_signal_and_is_forgotten_afterwards() -> None:
    with handle_stop_signals(), defer_stop() as is_stop_requested:
        request_stop()
        assert is_stop_requested()
    with defer_stop() as is_stop_requested:
        assert not is_stop_requested()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_termination_is_a_keyboard_interrupt(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), signals_as_keyboard_interrupt():
        signal.raise_signal(number)


@pytest.mark.parametrize("manager", [handle_stop_signals, signals_as_keyboard_interrupt])
def test_an_ignored_hangup_stays_ignored(manager: object) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with manager():  # type: ignore[operator]
        signal.raise_signal(signal.SIGHUP)
