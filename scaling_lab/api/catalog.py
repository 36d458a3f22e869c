"""`lab.families()`, `lab.rules()` and so on: the choices of conf/ with sizes and one line of description each."""

import re
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from scaling_lab.api.arguments import to_existing_folder
from scaling_lab.api.build import build_family
from scaling_lab.config import registry
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.study.grids import make_grids

if TYPE_CHECKING:
    import pandas as pd

KIND_GROUPS = {
    "families": "family",
    "rules": "rule",
    "datasets": "dataset",
    "recipes": "recipe",
    "studies": "study",
    "engines": "engine",
}
RECIPE_COLUMNS = ("epochs", "batch", "optimizer")
DESCRIPTION_WIDTH = 120  # characters of a description


def use_config_dir(*folders: str | Path) -> None:
    """Look up families, rules, datasets, recipes and studies in conf/ and in these folders, as `--config-dir` does.

    Args:
        folders: Folders with files such as FOLDER/rule/mine.yaml, in place of those of an earlier call; none for conf/
            alone. A name in conf/ comes first.

    Raises:
        UserError: There is no such folder.
    """
    registry.set_search_path([registry.CONF, *(to_existing_folder("config_dir", folder) for folder in folders)])


def families() -> "pd.DataFrame":
    """Return the network families: FLOPs (multiply-adds), params, native side in pixels, description.

    Examples:
        >>> import scaling_lab as lab
        >>> lab.families().loc["efficientnet_b0", ["flops", "params", "side"]].astype(int).tolist()
        [385814752, 5288548, 224]
    """
    return _frame("families")


def rules() -> "pd.DataFrame":
    """Return the scaling rules: settings, description.

    Examples:
        >>> import scaling_lab as lab
        >>> list(lab.rules().index)[:3]
        ['compound', 'depth', 'depth_resolution']
    """
    return _frame("rules")


def datasets() -> "pd.DataFrame":
    """Return the datasets: description."""
    return _frame("datasets")


def recipes() -> "pd.DataFrame":
    """Return the training recipes: epochs, batch, optimizer, description."""
    return _frame("recipes")


def studies() -> "pd.DataFrame":
    """Return the prepared studies: axes, description."""
    return _frame("studies")


def engines() -> "pd.DataFrame":
    """Return the engines that train: settings, description."""
    return _frame("engines")


def group_names(kind: str) -> list[str]:
    """Return the names of a kind, such as "families", sorted."""
    return registry.list_names(KIND_GROUPS[kind])


def budget_rules() -> list[str]:
    """Return the names of the rules that take a budget: all but explicit multipliers."""
    values = {
        name: registry.build_value("rule", registry.read_yaml("rule", name), name) for name in group_names("rules")
    }
    return [name for name, rule in values.items() if not isinstance(rule, Multipliers)]


def catalog_rows(kind: str) -> list[dict[str, Any]]:
    """Return one row per name of a kind: name, the kind's own columns, description."""
    group = KIND_GROUPS[kind]
    return [
        {"name": name, **_details(kind, name), "description": describe_choice(group, name)}
        for name in group_names(kind)
    ]


def describe_choice(group: str, name: str) -> str:
    """Return the first sentence of the comment at the top of a YAML file of conf/; a family may be code instead."""
    files = (folder / group / f"{name}.yaml" for folder in registry.search_path())
    path = next((path for path in files if path.is_file()), None)
    if path is None:
        return "A network of your own code"
    comment = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        if not line.startswith("# @package"):
            comment.append(line.lstrip("# "))
    sentence = re.split(r"(?<=[\w)]\.)\s+(?=[A-Z])", " ".join(comment))[0].rstrip(".")
    return shorten(sentence, DESCRIPTION_WIDTH, placeholder=" ...")


def _details(kind: str, name: str) -> dict[str, Any]:
    if kind == "families":
        network = build_family(name)
        cost = network_cost(network)
        return {"flops": cost.flops, "params": cost.params, "side": network.side}
    settings = registry.read_yaml(KIND_GROUPS[kind], name)
    if kind == "recipes":
        recipe = registry.build_value("recipe", settings, name)
        return {column: getattr(recipe, column) for column in RECIPE_COLUMNS}
    if kind == "studies":
        sweeper = settings.get("hydra", {}).get("sweeper", {})
        first, *others = make_grids(sweeper.get("params"), sweeper.get("also"))
        parts = [first, *(dict(grid.items() - first.items()) for grid in others)]
        axes = " also ".join(
            " ".join(f"{key}={''.join(values.split())}" for key, values in part.items()) for part in parts
        )
        return {"axes": axes if len(axes) <= DESCRIPTION_WIDTH else axes[: DESCRIPTION_WIDTH - 4] + " ..."}
    if kind in ("rules", "engines"):
        shown = ", ".join(f"{key}={value}" for key, value in settings.items() if key != "_target_")
        return {"settings": shorten(shown, DESCRIPTION_WIDTH // 2, placeholder=" ...")}
    return {}


def _frame(kind: str) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(catalog_rows(kind)).set_index("name")
