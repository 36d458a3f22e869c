import pytest

from scaling_lab.errors import MAX_MESSAGES, ErrorCollector, UserError, UserErrors, error_messages, unknown_name


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


@pytest.mark.parametrize(
    ("name", "existing", "near"),
    [
        ("epochs", ["reports", "recipe.epochs", "recipe.batch"], "recipe.epochs"),
        ("precision", ["recipe", "recipe.epochs"], None),
        ("convnext_tiny", ["resnet_tiny", "resnet18"], None),
        ("fashion", ["fashion_mnist", "cifar10"], "fashion_mnist"),
        ("best", ["fitted", "nearest", "paper"], None),
        ("papr", ["fitted", "nearest", "paper"], "paper"),
        ("ResNet-18", ["resnet18", "resnet50"], "resnet18"),
        ("--jsn", ["--json", "--help"], "--json"),
        ("--nope", ["--info", "--cfg"], None),
        ("seed", ["recipe.seed", "sed"], "recipe.seed"),
        ("sede", ["family.side", "seed"], "seed"),
    ],
)
def test_a_suggested_name_is_near(name: str, existing: list[str], near: str | None) -> None:
    message = str(unknown_name("name", name, existing))
    assert ("did you mean" in message) == (near is not None)
    assert near is None or f"did you mean {near}?" in message


def test_many_names_are_listed_by_their_first_word() -> None:
    message = str(unknown_name("family", "convnext", [f"resnet{n}" for n in range(9)] + ["regnet_y", "regnet_x"]))
    assert "regnet_x" in message
    message = str(unknown_name("family", "convnext", [f"resnet{n}" for n in range(40)] + ["regnet_y", "regnet_x"]))
    assert "(there are regnet... (2), resnet... (40))" in message


def test_all_names_are_listed_if_requested_and_none_is_near() -> None:
    columns = [f"column_{n:04}" for n in range(50)]
    assert all(name in str(unknown_name("column", "x", columns, list_all=True)) for name in columns)
    assert "column_0007" not in str(unknown_name("column", "x", columns))
