"""A request to stop is heard at once, but within steps at the next."""

import signal

import pytest

from scaling_lab.training import interrupts
from scaling_lab.training.interrupts import ASKING, Stopped, at_steps, interrupted_by_any, listening


@pytest.mark.parametrize("number", ASKING)
def test_outside_of_steps_at_once(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Stopped), listening():
        signal.raise_signal(number)
    assert signal.getsignal(number) == before


@pytest.mark.parametrize("number", ASKING)
def test_within_steps_when_it_is_asked_for(number: signal.Signals) -> None:
    with listening(), at_steps() as asked:
        assert not asked()
        signal.raise_signal(number)
        assert asked()


def test_a_thread_may_ask() -> None:
    with listening(), at_steps() as asked:
        interrupts.ask()
        assert asked()
    with listening(), at_steps() as asked:
        assert not asked()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_being_ended_otherwise_is_an_interrupt(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), interrupted_by_any():
        signal.raise_signal(number)
