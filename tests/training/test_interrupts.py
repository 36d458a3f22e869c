"""A request to stop is heard at once, but within steps at the next."""

import signal

import pytest

from scaling_lab.training import interrupts
from scaling_lab.training.interrupts import (
    STOP_SIGNALS,
    StopRequested,
    defer_stop,
    handle_stop_signals,
    signals_as_keyboard_interrupt,
)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_outside_of_steps_at_once(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(StopRequested), handle_stop_signals():
        signal.raise_signal(number)
    assert signal.getsignal(number) == before


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_within_steps_when_it_is_asked_for(number: signal.Signals) -> None:
    with handle_stop_signals(), defer_stop() as asked:
        assert not asked()
        signal.raise_signal(number)
        assert asked()


def test_a_thread_may_ask() -> None:
    with handle_stop_signals(), defer_stop() as asked:
        interrupts.request_stop()
        assert asked()
    with handle_stop_signals(), defer_stop() as asked:
        assert not asked()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_being_ended_otherwise_is_an_interrupt(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), signals_as_keyboard_interrupt():
        signal.raise_signal(number)
