"""Former module names in a `_target_`, for yaml files from before the move. Remove after one release."""

import logging
from functools import cache

# Former module, or target that has another name too: the present one.
MOVED = {
    "scaling_lab.rules.multipliers": "scaling_lab.networks.scaling.multipliers",
    "scaling_lab.rules.shares": "scaling_lab.networks.scaling.shares",
    "scaling_lab.rules.shrinking": "scaling_lab.networks.scaling.tinynet",
    "scaling_lab.recipe": "scaling_lab.config.recipe",
    "scaling_lab.data.cifar": "scaling_lab.data.sets.cifar",
    "scaling_lab.data.fashion_mnist": "scaling_lab.data.sets.fashion_mnist",
    "scaling_lab.data.fashion_mnist_full": "scaling_lab.data.sets.fashion_mnist_full",
    "scaling_lab.data.image_folder": "scaling_lab.data.sets.image_folder",
    "scaling_lab.data.streamed.streamed": "scaling_lab.data.streaming.dataset.streamed_dataset",
    "scaling_lab.engine.local": "scaling_lab.study.executors.local",
    "scaling_lab.engine.slurm": "scaling_lab.study.executors.slurm",
}

logger = logging.getLogger(__name__)


@cache
def present_target(target: str) -> str:
    """Return a `_target_` under its present module, and log a warning when that is not the module it names."""
    module, dot, name = target.rpartition(".")
    if not dot:
        return target
    present = MOVED.get(target) or f"{MOVED.get(module, module)}.{name}"
    if present == target:
        return target
    logger.warning("_target_ %s is now %s; the former name works for one more release", target, present)
    return present
