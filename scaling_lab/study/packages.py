"""Packages that options of a sweep need and that an installation may lack."""

from importlib.util import find_spec

from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import ErrorCollector, UserError
from scaling_lab.study.trackers.base import require_package


def check_packages(options: SweepOptions) -> None:
    """Raise UserErrors if options need packages that are not installed."""
    errors, execution = ErrorCollector(), options.execution
    with errors.collect():
        if execution.log == "tensorboard" and find_spec("tensorboard") is None:
            raise UserError(
                "log=tensorboard needs the package tensorboard, which is not installed: pip install "
                "'scaling-lab[tensorboard]', or set log=csv"
            )
    with errors.collect():
        if execution.keep_weights and find_spec("safetensors") is None:
            raise UserError("keep_weights=true needs the package safetensors, which is not installed")
    with errors.collect():
        require_package(options.tracker)
    errors.raise_collected()
