import pytest

from scaling_lab.errors import MAX_MESSAGES, ErrorCollector, UserError, UserErrors, error_messages


def test_mistakes_are_gathered_and_told_together_each_once() -> None:
    wrong = ErrorCollector()
    wrong.raise_collected()
    for message in ("a", "b", "a"):
        with wrong.collect():
            raise UserError(message)
    with wrong.collect():
        raise UserErrors(["c", "a"])
    with pytest.raises(UserErrors) as told:
        wrong.raise_collected()
    assert told.value.messages == ["a", "b", "c"]
    assert str(told.value) == "a\nb\nc"


def test_other_errors_are_not_gathered() -> None:
    with pytest.raises(ZeroDivisionError), ErrorCollector().collect():
        _ = 1 / 0


def test_very_many_are_cut() -> None:
    many = UserErrors(str(number) for number in range(MAX_MESSAGES + 3))
    assert len(many.messages) == MAX_MESSAGES + 1
    assert many.messages[-1] == "... and 3 more mistakes"


def test_the_lines_of_one() -> None:
    assert error_messages(UserError("a")) == ["a"]
    assert error_messages(UserErrors(["a", "b"])) == ["a", "b"]
