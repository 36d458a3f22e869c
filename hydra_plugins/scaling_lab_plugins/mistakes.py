"""Hydra's errors as one line, with the near name where it has one."""

from collections.abc import Iterator
from contextlib import contextmanager

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from scaling_lab.config import registry
from scaling_lab.errors import UserError, unknown_name


@contextmanager
def hydra_errors_translated() -> Iterator[None]:
    """Within, an error that is the user's mistake is raised as that."""
    try:
        yield
    except Exception as error:
        raise to_user_error(error) from None


def to_user_error(error: Exception) -> UserError:
    """The user's mistake behind an error. One that is no mistake of the user's is raised again."""
    if isinstance(error, UserError):
        return error
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, name = error.missing_cfg_file.rpartition("/")
        return unknown_name(group, name, error.options)
    if isinstance(error, OverrideParseException):
        said = error.message.partition("See https")[0].removeprefix(f"Error parsing override '{error.override}'")
        return UserError(f"{error.override!r} cannot be read as an override: {_line(said)}")
    cause = error if isinstance(error, OmegaConfBaseException) else error.__cause__
    if isinstance(cause, OmegaConfBaseException) and (mistake := _unknown_key(cause)):
        return mistake
    if isinstance(error, HydraException | OmegaConfBaseException | YAMLError) or _raised_by_hydra(error):
        return UserError(_line(f"{error} {cause if cause is not error and cause else ''}"))
    raise error


def _unknown_key(error: OmegaConfBaseException) -> UserError | None:
    inside = error.parent_node
    if not isinstance(inside, DictConfig) or error.key is None or error.key in inside:
        return None
    path = str(error.full_key).rpartition(".")[0]
    others = [str(key) for key in inside if key not in ("hydra", "_target_")]
    if path in registry.PACKAGES and "_target_" in inside:
        others = registry.setting_names(path, {"_target_": inside["_target_"]})
        if error.key in others:
            return UserError(f"{path}.{error.key} is not in the yaml of this {path}; +{path}.{error.key}=... sets it")
    return unknown_name(f"setting of {path}" if path else "setting", str(error.key), others)


def _raised_by_hydra(error: Exception) -> bool:
    """Hydra has bare errors too, as for `study=null`."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return (
        isinstance(error, ValueError | RuntimeError)
        and last is not None
        and last.tb_frame.f_globals["__name__"].startswith("hydra.")
    )


def _line(text: str) -> str:
    return " ".join(text.split())
