"""Conditions on the columns of a study's table, such as `rule == 'depth' and times_flops > 1`. They run no code.

A condition is Python's syntax for comparisons, `in`, `and`, `or` and `not` of columns and literals; everything else is
refused. A comparison with a missing value is neither true nor false, except `== None`; rows where the whole condition
is neither are not selected.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from scaling_lab.errors import UserError, unknown_name

MAX_LENGTH = 2000  # characters of a condition
EXAMPLE = "rule == 'depth' and times_flops > 1"
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def select_rows(table: pd.DataFrame, condition: str) -> "pd.Series[bool]":
    """Return for each row of a table whether it fulfils a condition.

    Raises:
        UserError: The condition is not one, names a column that the table does not have, or compares text with numbers.
    """
    if len(condition) > MAX_LENGTH:
        raise UserError(f"the condition has {len(condition)} characters; must have at most {MAX_LENGTH}")
    try:
        tree = ast.parse(condition.strip(), mode="eval").body
        return _evaluate(tree, table).fillna(False).astype(bool)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise UserError(f"{condition!r} is not a condition: {reason}; an example: {EXAMPLE}") from None
    except TypeError:
        raise UserError(f"{condition!r} compares values of different types, such as text with a number") from None


def _evaluate(node: ast.expr, table: pd.DataFrame) -> "pd.Series[Any]":
    """Return the truth of a part of a condition for each row; NA where it depends on a missing value."""
    if isinstance(node, ast.BoolOp):
        parts = [_evaluate(part, table) for part in node.values]
        result = parts[0]
        for part in parts[1:]:
            result = result & part if isinstance(node.op, ast.And) else result | part
        return result
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ~_evaluate(node.operand, table)
    if isinstance(node, ast.Compare):
        truth = pd.Series(True, index=table.index, dtype="boolean")
        for left, comparison, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            truth = truth & _compare(left, comparison, right, table)
        return truth
    if isinstance(node, ast.Name) and _is_boolean(column := _column(node.id, table)):
        return column.astype("boolean")
    raise ValueError(f"{ast.unparse(node)} is neither a comparison nor and, or, not")


def _is_boolean(column: "pd.Series[Any]") -> bool:
    return all(isinstance(value, bool | np.bool_) for value in column.dropna())


def _compare(left: ast.expr, comparison: ast.cmpop, right: ast.expr, table: pd.DataFrame) -> "pd.Series[Any]":
    first, second = _operand(left, table), _operand(right, table)
    if isinstance(comparison, ast.In | ast.NotIn):
        if not isinstance(first, pd.Series) or not isinstance(second, list):
            raise ValueError("in needs a column and a list, such as seed in [0, 1]")
        matches = first.isin(second) if isinstance(comparison, ast.In) else ~first.isin(second)
        return matches.astype("boolean").mask(first.isna() & (None not in second))
    if isinstance(second, list) or isinstance(first, list):
        raise ValueError("a list can only be compared with in")
    if not isinstance(first, pd.Series):
        first = pd.Series([first] * len(table), index=table.index)
    if second is None:
        if not isinstance(comparison, ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
            raise ValueError("None can only be compared with == and !=")
        return first.isna() if isinstance(comparison, ast.Eq | ast.Is) else first.notna()
    if type(comparison) not in _COMPARISONS:
        raise ValueError("is can only be used with None")
    present = first.notna() & (second.notna() if isinstance(second, pd.Series) else True)
    mask = np.asarray(present, dtype=bool)
    truth = pd.Series(pd.NA, index=table.index, dtype="boolean")
    chosen = second[mask] if isinstance(second, pd.Series) else second
    truth[mask] = np.asarray(_COMPARISONS[type(comparison)](first[mask], chosen), dtype=bool)
    return truth


def _operand(node: ast.expr, table: pd.DataFrame) -> Any:
    """Return the column, literal or list of literals that a part of a comparison is."""
    if isinstance(node, ast.Name):
        return _column(node.id, table)
    if isinstance(node, ast.List | ast.Tuple):
        return [_literal(part) for part in node.elts]
    return _literal(node)


def _literal(node: ast.expr) -> Any:
    """Return the number, text, boolean or None that a part of a condition is."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _literal(node.operand)
        if isinstance(value, int | float):
            return -value
    elif isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None):
        return node.value
    raise ValueError(f"{ast.unparse(node)} is neither a column nor a number, text or list")


def _column(name: str, table: pd.DataFrame) -> "pd.Series[Any]":
    if name not in table.columns:
        raise unknown_name("column", name, map(str, table.columns), list_all=True)
    return table[name]
