"""Scaling Lab: how convolutional networks scale, as exact costs, sweeps and comparisons.

>>> import scaling_lab as lab
>>> lab.cost("efficientnet_b0", depth=1.4, width=1.2, resolution=300).flops
1827141392
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scaling_lab.api.agreement import agreement
    from scaling_lab.api.catalog import datasets, engines, families, recipes, rules, studies, use_config_dir
    from scaling_lab.api.comparisons import compare, extrapolate, lengths
    from scaling_lab.api.cost import cost, fit
    from scaling_lab.api.figure import figure
    from scaling_lab.api.imports import import_results, merge
    from scaling_lab.api.network_cost import NetworkCost
    from scaling_lab.api.pool import pool
    from scaling_lab.api.predict import predict
    from scaling_lab.api.register import register
    from scaling_lab.api.reproduce import reproduce
    from scaling_lab.api.results import evaluate, forget, load, status
    from scaling_lab.api.study import StudyPlan, plan, sweep
    from scaling_lab.errors import UserError

__version__ = "0.1.0"

_MODULES = {
    "scaling_lab.api.agreement": ("agreement",),
    "scaling_lab.api.catalog": ("datasets", "engines", "families", "recipes", "rules", "studies", "use_config_dir"),
    "scaling_lab.api.comparisons": ("compare", "extrapolate", "lengths"),
    "scaling_lab.api.cost": ("cost", "fit"),
    "scaling_lab.api.figure": ("figure",),
    "scaling_lab.api.imports": ("import_results", "merge"),
    "scaling_lab.api.network_cost": ("NetworkCost",),
    "scaling_lab.api.pool": ("pool",),
    "scaling_lab.api.predict": ("predict",),
    "scaling_lab.api.register": ("register",),
    "scaling_lab.api.reproduce": ("reproduce",),
    "scaling_lab.api.results": ("evaluate", "forget", "load", "status"),
    "scaling_lab.api.study": ("StudyPlan", "plan", "sweep"),
    "scaling_lab.errors": ("UserError",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}
__all__ = [
    "NetworkCost",
    "StudyPlan",
    "UserError",
    "agreement",
    "compare",
    "cost",
    "datasets",
    "engines",
    "evaluate",
    "extrapolate",
    "families",
    "figure",
    "fit",
    "forget",
    "import_results",
    "lengths",
    "load",
    "merge",
    "plan",
    "pool",
    "predict",
    "recipes",
    "register",
    "reproduce",
    "rules",
    "status",
    "studies",
    "sweep",
    "use_config_dir",
]


def __getattr__(name: str) -> Any:
    """Import the requested name; `import scaling_lab` itself imports nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*__all__, "__version__"])
