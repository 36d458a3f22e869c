"""Conditions on a table select the rows that the same condition in Python selects, and run no code."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_lab.analysis.where import select_rows
from scaling_lab.errors import UserError

TABLE = pd.DataFrame(
    {
        "rule": ["depth", "width", "depth", None],
        "times_flops": [1.0, 2.0, 4.0, None],
        "seed": [0, 1, 2, 3],
        "flops": [10, 20, 30, 2],
        "compiled": [True, False, True, False],
        "learned": [True, None, False, None],
    }
)


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("rule == 'depth'", [0, 2]),
        ("rule != 'depth'", [1]),
        ("rule == None", [3]),
        ("times_flops is not None and not seed == 0", [1, 2]),
        ("1 < times_flops <= 4", [1, 2]),
        ("times_flops > -1 or seed == 3", [0, 1, 2, 3]),
        ("seed in [0, 3] and rule in ('depth', 'x')", [0]),
        ("rule not in ['depth']", [1]),
        ("seed < flops and flops > 15", [1, 2]),
        ("compiled", [0, 2]),
        ("not compiled", [1, 3]),
        ("2 == seed", [2]),
        ("learned", [0]),
        ("not learned", [2]),
        ("learned or seed == 1", [0, 1]),
        ("learned == None", [1, 3]),
        ("not times_flops > 1", [0]),
        ("not (times_flops > 1 and seed < 9)", [0]),
        ("not (times_flops > 1 and seed > 9)", [0, 1, 2, 3]),
        ("not rule in ['depth']", [1]),
    ],
)
def test_rows_are_selected(condition: str, rows: list[int]) -> None:
    assert list(TABLE.index[select_rows(TABLE, condition)]) == rows


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "rule",
        "seed",
        "rule == depth",
        "rul == 'depth'",
        "__import__('os').system('true')",
        "seed.real == 0",
        "seed + 1 == 2",
        "[seed for seed in [1]] == 1",
        "(lambda: 1)() == 1",
        "seed == 1; seed == 2",
        "seed in rule",
        "seed in [flops]",
        "seed == [1]",
        "@seed == 1",
        "rule > 1",
        "(" * 500 + "seed" + ")" * 500,
        "seed == 1 " * 1000,
        "seed == f'{1}'",
        "seed := 1",
        "seed < None",
        "times_flops > 1" + "0" * 400,
        "\0",
    ],
)
def test_anything_else_is_refused(condition: str) -> None:
    with pytest.raises(UserError, match=r"."):
        select_rows(TABLE, condition)


def test_the_error_for_an_unknown_column_lists_all_columns_or_names_the_near_one() -> None:
    with pytest.raises(UserError) as raised:
        select_rows(TABLE, "nocol == 1")
    assert all(column in str(raised.value) for column in TABLE.columns)
    with pytest.raises(UserError, match="did you mean seed"):
        select_rows(TABLE, "sed == 1")


LITERALS = st.integers(-1, 4)
CLAUSES = st.builds(
    "{} {} {}".format, st.sampled_from(["seed", "flops"]), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), LITERALS
)
CONDITIONS = st.recursive(
    CLAUSES,
    lambda parts: (
        st.builds("({} {} {})".format, parts, st.sampled_from(["and", "or"]), parts) | parts.map("not {}".format)
    ),
    max_leaves=5,
)


@given(CONDITIONS)
def test_a_condition_means_what_it_does_in_python(condition: str) -> None:
    rows = [bool(eval(condition, {}, dict(row))) for _, row in TABLE[["seed", "flops"]].iterrows()]  # noqa: S307
    assert list(select_rows(TABLE, condition)) == rows
