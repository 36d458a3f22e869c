"""What Hydra refuses before it asks the sweeper, where it tells one mistake at a time: all of them."""

from collections.abc import Sequence

from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode

from hydra_plugins.scaling_lab_plugins.axes import compose_first, parse_axes
from hydra_plugins.scaling_lab_plugins.mistakes import to_user_error
from scaling_lab.config import registry
from scaling_lab.errors import UserError


def refused(error: Exception, words: Sequence[str]) -> UserError:
    """The mistakes of a command line that Hydra refused with this error. One that is no mistake is raised again."""
    lines = [word for word in words if not word.startswith(("-", "hydra", "+hydra", "~hydra"))]
    if isinstance(error, HydraException):
        GlobalHydra.instance().clear()
        with initialize_config_dir(str(registry.CONF), version_base=None):
            hydra = GlobalHydra.instance().hydra
            assert hydra is not None  # noqa: S101 - for the type checker
            loader = hydra.config_loader
            try:
                master = hydra.compose_config("config", [], RunMode.MULTIRUN)
                HydraConfig.instance().set_config(master)
                compose_first(parse_axes(lines, loader), loader, master)
            except UserError as mistakes:
                return mistakes
            except HydraException:
                pass  # the same again
    return to_user_error(error)
