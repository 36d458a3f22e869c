"""Errors of Hydra as messages to the user, with the near name where there is one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from scaling_lab.config import registry
from scaling_lab.errors import UserError, unknown_name


@contextmanager
def hydra_errors_translated() -> Iterator[None]:
    """Context manager: raise errors that are the user's mistake as UserError."""
    try:
        yield
    except Exception as error:
        raise to_user_error(error) from None


def to_user_error(error: Exception) -> UserError:
    """Return the user's mistake behind an error. Raise the error again if it is not one."""
    if isinstance(error, UserError):
        return error
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, name = error.missing_cfg_file.rpartition("/")
        return unknown_name(group, name, error.options)
    if isinstance(error, OverrideParseException):
        reason = error.message.partition("See https")[0].removeprefix(f"Error parsing override '{error.override}'")
        return UserError(f"{error.override!r} is not a valid override: {_join_lines(reason)}")
    cause = error if isinstance(error, OmegaConfBaseException) else error.__cause__
    if isinstance(cause, OmegaConfBaseException) and (unknown_key := _unknown_key(cause)):
        return unknown_key
    if isinstance(error, HydraException | OmegaConfBaseException | YAMLError) or _is_raised_by_hydra(error):
        return UserError(_join_lines(f"{error} {cause if cause is not error and cause else ''}"))
    raise error


def all_user_errors(
    error: HydraException, overrides: Sequence[str], loader: ConfigLoader, config_name: str
) -> UserError:
    """Return all mistakes of a command line of which Hydra has reported the first.

    Args:
        error: what Hydra raised for these overrides.
        overrides: those of the command line.
        loader: composes configurations.
        config_name: the primary configuration.
    """
    from hydra_plugins.scaling_lab_plugins.axes import compose_first, parse_axes

    lines = [line for line in overrides if not line.startswith(("hydra", "+hydra", "~hydra"))]
    try:
        folders = [line for line in overrides if "hydra.searchpath" in line]
        master = loader.load_configuration(config_name, folders, RunMode.MULTIRUN)
        HydraConfig.instance().set_config(master)
        compose_first(parse_axes(lines, loader), loader, master)
    except UserError as errors:
        return errors
    except HydraException:
        pass  # the same error again
    return to_user_error(error)


def _unknown_key(error: OmegaConfBaseException) -> UserError | None:
    parent = error.parent_node
    if not isinstance(parent, DictConfig) or error.key is None or error.key in parent:
        return None
    path = str(error.full_key).rpartition(".")[0]
    others = [str(key) for key in parent if key not in ("hydra", "_target_")]
    if path in registry.PACKAGES and "_target_" in parent:
        others = registry.setting_names(path, {"_target_": parent["_target_"]})
        if error.key in others:
            return UserError(f"{path}.{error.key} is not in this {path}'s yaml; add it with +{path}.{error.key}=...")
    return unknown_name(f"setting of {path}" if path else "setting", str(error.key), others)


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
