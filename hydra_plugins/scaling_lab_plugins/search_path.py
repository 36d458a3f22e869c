"""The search path of configurations: conf/ and the folders that a user adds."""

from pathlib import Path

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig

from scaling_lab.config import registry


class AddedFolders(SearchPathPlugin):
    """Adds the registry's folders after its first one, such as that of `--config-dir`, to Hydra's search path."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append the folders. Hydra calls this whenever it sets up its search path."""
        for folder in registry.search_path()[1:]:
            search_path.append("command-line", f"file://{folder}")


def composed_folders(hydra_config: DictConfig) -> list[Path]:
    """Return the folders that a configuration was composed from, in order of precedence.

    Args:
        hydra_config: the node `hydra` of the composed configuration.
    """
    return [Path(source.path).absolute() for source in hydra_config.runtime.config_sources if source.schema == "file"]
