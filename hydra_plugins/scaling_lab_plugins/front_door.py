"""The command `run_sweep.py` (installed: `scaling-lab sweep`): parse options and overrides, return an exit status.

Hydra composes; the sweeper of this project plans, and an executor (`engine=...`) trains. `hydra.main` is used to print
help and configurations only: it acts on a configuration before it can be checked.
"""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any, cast

from scaling_lab.config import registry
from scaling_lab.errors import UserError


def hydra_main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status, as `scaling_lab.study.display.command.run_command` does.

    Args:
        argv: options and overrides; those of the process by default.
    """
    from scaling_lab.study.display.command import run_command

    return run_command(compose_and_run, sys.argv[1:] if argv is None else argv)


def compose_and_run(argv: Sequence[str]) -> int:
    """Compose the settings, plan or train, and return 0.

    Args:
        argv: options and overrides.

    Raises:
        UserError: for a mistake of the user's, also where Hydra has found it.
        SystemExit: with status 1 when a point failed, 130 when a training was interrupted; as argparse does.
    """
    if sys.flags.optimize:
        raise UserError("PYTHONOPTIMIZE (python -O) is set; must be unset: Hydra's parser needs assertions")
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # have Hydra raise its errors, not print them
    try:
        _run(argv)
    except UserError:
        raise
    except Exception as error:  # Hydra raises built-in errors too; what is no mistake is raised again below
        if isinstance(error, OSError) and not type(error).__module__.startswith("hydra."):
            raise  # without Hydra, whose import may be what failed
        from hydra_plugins.scaling_lab_plugins.hydra_errors import to_user_error

        raise to_user_error(error) from error
    return 0


def _run(argv: Sequence[str]) -> None:
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.types import RunMode

    from hydra_plugins.scaling_lab_plugins import command_line
    from hydra_plugins.scaling_lab_plugins.code_families import store_timm_models
    from hydra_plugins.scaling_lab_plugins.gate import CheckedLoader
    from scaling_lab.study.display.planning import announce_planning

    options = command_line.parse_command_line(argv)
    store_timm_models(options.overrides)
    registry.set_search_path([options.config_path, *([options.config_dir] if options.config_dir else [])])
    if not options.shell_completion:
        options.overrides = command_line.with_study(options)
    with initialize_config_dir(str(options.config_path), job_name="run_sweep", version_base=None):
        loader = CheckedLoader(GlobalHydra.instance().config_loader())
        if options.shell_completion:
            command_line.complete_shell(options, loader)
        elif command_line.shows_information(options):
            name = None if options.hydra_help else options.config_name
            command_line.check_package(options, loader.load_configuration(name, options.overrides, RunMode.RUN))
        else:
            announce_planning()
            _run_sweeper(options, loader)
    if command_line.shows_information(options):
        command_line.show_information(options)


def _run_sweeper(options: Namespace, loader: Any) -> None:
    """Compose and do what `hydra.main` does with a configuration: run it as one job, or hand it to its sweeper."""
    from hydra.core.plugins import Plugins
    from hydra.core.utils import configure_log, run_job
    from hydra.experimental.callback import Callback
    from hydra.types import HydraContext, RunMode

    from hydra_plugins.scaling_lab_plugins.command_line import task_overrides
    from hydra_plugins.scaling_lab_plugins.search_path import composed_folders
    from hydra_plugins.scaling_lab_plugins.sweeper import refuse_other_plugins

    config = _compose(options, loader)
    refuse_other_plugins(config)
    registry.set_search_path(composed_folders(config.hydra))
    context = HydraContext(config_loader=loader, callbacks=cast(Any, Callback()))  # callbacks that do nothing
    configure_log(config.hydra.hydra_logging, config.hydra.verbose)
    if config.hydra.mode == RunMode.RUN:
        job = run_job(run_question, config, "hydra.run.dir", None, context)
        _ = job.return_value  # raises what the job raised
    else:
        sweeper = Plugins.instance().instantiate_sweeper(
            config=config, hydra_context=context, task_function=run_question
        )
        sweeper.sweep(arguments=task_overrides(options.overrides))


def _compose(options: Namespace, loader: Any) -> Any:
    """Return the configuration that the sweeper starts from, or that of the one question of `hydra.mode=RUN`.

    For a sweep, only `study` and the settings of Hydra itself are composed here; the sweeper composes the others.

    Raises:
        UserErrors: all mistakes in the names and keys of one question.
    """
    from hydra.types import RunMode

    from hydra_plugins.scaling_lab_plugins.axes import parse_axes
    from hydra_plugins.scaling_lab_plugins.choices import compose_choices
    from hydra_plugins.scaling_lab_plugins.command_line import override_keys, task_overrides

    task = task_overrides(options.overrides)
    settings = [line for line, key in zip(task, override_keys(task), strict=True) if key != "study"]
    lines = [line for line in options.overrides if line not in settings]
    config = loader.load_configuration(options.config_name, lines, RunMode.MULTIRUN)
    mode = RunMode.MULTIRUN if options.multirun else config.hydra.mode or RunMode.RUN
    if config.hydra.mode != mode:
        lines.append(f"hydra.mode={mode.name}")
        config = loader.load_configuration(options.config_name, lines, RunMode.MULTIRUN)
    if mode == RunMode.RUN:
        compose_choices(parse_axes(task, loader), loader, config)
        config = loader.load_configuration(options.config_name, [*lines, *settings], mode)
    return config


def run_question(config: Any) -> None:
    """Run a sweep of one question (`hydra.mode=RUN`); several questions go to the sweeper instead."""
    from hydra.core.hydra_config import HydraConfig

    from hydra_plugins.scaling_lab_plugins.axes import to_plain
    from scaling_lab.study.assemble import make_sweep
    from scaling_lab.study.display.command import print_user_error
    from scaling_lab.study.run import run_sweep

    try:
        hydra = cast(Any, HydraConfig.get())
        overrides = list(hydra.overrides.task)
        options, study, executor = make_sweep([(to_plain(config), hydra.runtime.choices)], overrides)
        if status := run_sweep(options, study, executor):
            sys.exit(status)
    except UserError as error:
        sys.exit(print_user_error(error))  # left to Hydra, its overrides would be printed before it
