import pytest

from scaling_lab.errors import MOST, Gathered, Mistakes, UserError, messages


def test_mistakes_are_gathered_and_told_together_each_once() -> None:
    wrong = Gathered()
    wrong.tell()
    for message in ("a", "b", "a"):
        with wrong.one():
            raise UserError(message)
    with wrong.one():
        raise Mistakes(["c", "a"])
    with pytest.raises(Mistakes) as told:
        wrong.tell()
    assert told.value.messages == ["a", "b", "c"]
    assert str(told.value) == "a\nb\nc"


def test_other_errors_are_not_gathered() -> None:
    with pytest.raises(ZeroDivisionError), Gathered().one():
        _ = 1 / 0


def test_very_many_are_cut() -> None:
    many = Mistakes(str(number) for number in range(MOST + 3))
    assert len(many.messages) == MOST + 1
    assert many.messages[-1] == "... and 3 more mistakes"


def test_the_lines_of_one() -> None:
    assert messages(UserError("a")) == ["a"]
    assert messages(Mistakes(["a", "b"])) == ["a", "b"]
