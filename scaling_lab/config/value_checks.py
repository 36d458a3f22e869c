"""Checks that a `_target_` makes a value of its group, and errors of its code with their file and line."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from scaling_lab.errors import UserError, code_place
from scaling_lab.networks.scaling.scale import ScalingRule

# Classes of a group's values. As strings, so that building a family imports no dataset. Any ScalingRule is a rule.
VALUE_CLASSES = {
    "family": ("scaling_lab.networks.network.Network", "scaling_lab.networks.module_network.ModuleNetwork"),
    "rule": ("scaling_lab.networks.scaling.multipliers.Multipliers",),
    "dataset": ("scaling_lab.data.dataset.InMemoryDataset", "scaling_lab.data.streaming.dataset.StreamedDataset"),
    "recipe": ("scaling_lab.config.recipe.Recipe",),
}

# Groups to which users add modules of their own: errors in them are reported with file and line.
CODED_GROUPS = ("family", "rule")

# An engine is any class of its package with these methods: see `scaling_lab.study.executors.protocol.Executor`.
EXECUTOR_METHODS = ("check", "slots", "schedule", "run")


def check_return_type(group: str, target: Callable[..., Any], label: str) -> None:
    """Raise UserError unless the target is a class of the group's values or a function annotated to return one. The
    target is not called."""
    returned = target if inspect.isclass(target) else get_type_hints(target).get("return")
    parts = get_args(returned) if get_origin(returned) in (Union, UnionType) else (returned,)
    if not all(_is_value_class(group, part) for part in parts):
        name = getattr(returned, "__name__", str(returned))
        source = f"{target.__module__}.{target.__name__}"
        missing = [method for method in EXECUTOR_METHODS if not callable(getattr(returned, method, None))]
        is_engine = group == "engine" and bool(missing)
        methods = f" (an executor with {', '.join(missing)})" if is_engine else ""
        raise UserError(f"{label}: _target_ {source} returns {name}; must return a value of the group {group}{methods}")


def check_value(group: str, value: Any, target: Callable[..., Any]) -> None:
    """Raise UserError for a value of another type than the target's annotation promises."""
    if group in CODED_GROUPS and not _is_value_class(group, type(value)):
        code = inspect.unwrap(target).__code__ if inspect.isfunction(target) else None
        place = f" ({code.co_filename}:{code.co_firstlineno})" if code else ""
        name = f"{type(value).__module__}.{type(value).__qualname__}"
        raise UserError(f"_target_ returned a {name}; must be a value of the group {group}{place}")


@contextmanager
def located_errors(group: str, label: str) -> Iterator[None]:
    """Context manager: a mistake in the code of a family or a rule becomes one line with its file and line."""
    try:
        yield
    except (UserError, ValueError, TypeError, OverflowError):
        raise
    except Exception as error:  # the code of a family or rule may raise anything
        if group not in CODED_GROUPS:
            raise
        raise UserError(f"{label}: {type(error).__name__}: {error} ({code_place(error)})") from error


def _is_value_class(group: str, cls: Any) -> bool:
    if group == "rule" and inspect.isclass(cls) and issubclass(cls, ScalingRule):
        return True
    if group == "engine":
        is_executor = all(callable(getattr(cls, method, None)) for method in EXECUTOR_METHODS)
        return inspect.isclass(cls) and is_executor and not getattr(cls, "_is_protocol", False)
    return f"{getattr(cls, '__module__', '')}.{getattr(cls, '__qualname__', '')}" in VALUE_CLASSES[group]
