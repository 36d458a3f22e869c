"""Errors of Hydra as messages to the user, with the near name where there is one."""

from collections.abc import Iterator
from contextlib import contextmanager

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from scaling_lab.config import registry, targets
from scaling_lab.errors import UserError, unknown_name
from scaling_lab.study.settings import unknown_setting

MAX_QUOTED = 100  # characters of an override that a message quotes


@contextmanager
def hydra_errors_translated() -> Iterator[None]:
    """Context manager: raise errors that are the user's mistake as UserError."""
    try:
        yield
    except Exception as error:  # Hydra raises built-in errors too; what is no mistake is raised again
        raise to_user_error(error) from None


def to_user_error(error: Exception) -> UserError:
    """Return the user's mistake behind an error. Raise the error again if it is not one."""
    if isinstance(error, UserError):
        return error
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, name = error.missing_cfg_file.rpartition("/")
        return registry.unknown_choice(group, name, error.options)
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and not error.options:
        files = (path for folder in registry.search_path() for path in folder.glob("*.yaml"))
        return unknown_name("configuration", error.missing_cfg_file, {path.stem for path in files})
    if isinstance(error, OverrideParseException):
        return _not_valid(error)
    if isinstance(error, UnicodeDecodeError) and (path := registry.file_not_utf8()):
        return UserError(f"{path} cannot be read: it is not UTF-8 text")
    cause = error if isinstance(error, OmegaConfBaseException) else error.__cause__
    if isinstance(cause, OmegaConfBaseException) and (unknown_key := _unknown_key(cause)):
        return unknown_key
    if isinstance(error, HydraException | OmegaConfBaseException | YAMLError) or _is_raised_by_hydra(error):
        return UserError(_join_lines(f"{error} {cause if cause is not error and cause else ''}"))
    raise error


def quoting_hint(line: str) -> str:
    """Return how a value with characters of Hydra's grammar is written: `'dataset.path="/x/my,images"'`."""
    key, _, value = line.partition("=")
    return f"a value with , = ( ) or other special characters needs quotes within quotes: '{key}=\"{value}\"'"


def _not_valid(error: OverrideParseException) -> UserError:
    line = str(error.override)
    reason = error.message.partition("See https")[0].removeprefix(f"Error parsing override '{line}'")
    reason = _join_lines(reason.partition(f" {line}")[0].partition("\n")[0] or reason)
    is_quotable = "=" in line and not {'"', "'"} & set(line) and len(line) <= MAX_QUOTED
    hint = f"; {quoting_hint(line)}" if is_quotable else ""
    return UserError(f"{line[:MAX_QUOTED]!r} is not a valid override: {reason[:MAX_QUOTED]}{hint}")


def _unknown_key(error: OmegaConfBaseException) -> UserError | None:
    parent = error.parent_node
    if not isinstance(parent, DictConfig) or error.key is None or error.key in parent:
        return None
    path = str(error.full_key).rpartition(".")[0]
    if not path:
        return unknown_setting(str(error.key), parent)
    others = [str(key) for key in parent if key != "_target_"]
    if path in targets.PACKAGES and "_target_" in parent:
        others = registry.setting_names(path, {"_target_": parent["_target_"]})[1:]
        if error.key in others:
            return UserError(f"{path}.{error.key} is not in this {path}'s yaml; add it with ++{path}.{error.key}=...")
    return unknown_name(f"setting of {path}", str(error.key), others)


def _is_raised_by_hydra(error: Exception) -> bool:
    """Return whether Hydra raised this built-in error, as for `study=null`."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return (
        isinstance(error, ValueError | RuntimeError)
        and last is not None
        and last.tb_frame.f_globals["__name__"].startswith("hydra.")
    )


def _join_lines(text: str) -> str:
    return " ".join(text.split())
