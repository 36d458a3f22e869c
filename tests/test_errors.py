import pytest

from scaling_lab.errors import MAX_MESSAGES, ErrorCollector, UserError, UserErrors, error_messages


def test_mistakes_are_collected_and_raised_together_without_repetitions() -> None:
    errors = ErrorCollector()
    errors.raise_collected()
    for message in ("a", "b", "a"):
        with errors.collect():
            raise UserError(message)
    with errors.collect():
        raise UserErrors(["c", "a"])
    with pytest.raises(UserErrors) as raised:
        errors.raise_collected()
    assert raised.value.messages == ["a", "b", "c"]
    assert str(raised.value) == "a\nb\nc"


def test_other_errors_are_not_collected() -> None:
    with pytest.raises(ZeroDivisionError), ErrorCollector().collect():
        _ = 1 / 0


def test_a_long_list_of_messages_is_cut() -> None:
    many = UserErrors(str(number) for number in range(MAX_MESSAGES + 3))
    assert len(many.messages) == MAX_MESSAGES + 1
    assert "3 more" in many.messages[-1]


def test_the_messages_of_one_and_of_several() -> None:
    assert error_messages(UserError("a")) == ["a"]
    assert error_messages(UserErrors(["a", "b"])) == ["a", "b"]
