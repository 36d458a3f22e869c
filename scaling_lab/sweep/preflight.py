"""What would go wrong, found before anything is done: all of it at once. Nothing is written."""

from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

from scaling_lab.config.cores import usable_cores
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import ErrorCollector, UserErrors
from scaling_lab.store.code_version import require_same_version
from scaling_lab.sweep.disk_space import needs, refuse_unwritable, refuse_without_room
from scaling_lab.sweep.executors.slurm import Slurm, refuse_without_slurm
from scaling_lab.sweep.plan import Study, question_label
from scaling_lab.sweep.status import Status


def refuse(wanted: SweepOptions, planned: Study, now: Status, made: Iterable[Mapping[str, Any]], at_once: int) -> None:
    """Raises UserErrors for folders that cannot be written to, for a disk that is too small, for networks of points
    that
    are left which cannot be built, for an engine that is not there, and where one version is wanted for results that
    were made by others. made: how these were; at_once: points that are trained at the same time."""
    results, found = wanted.results / wanted.name, ErrorCollector()
    with found.collect():
        refuse_unwritable(results, "results")
    with found.collect():
        refuse_unwritable(wanted.reports / wanted.name, "reports")
    with found.collect():
        if wanted.same_version:
            require_same_version(made, metadata.version("torch"))
    left = {key: planned.points[key] for key in now.left}
    with found.collect():
        refuse_without_room(
            results, needs([(point, planned.pictures[point.data.name]) for point in left.values()], at_once)
        )
    with found.collect():
        if left and isinstance(wanted.engine, Slurm):
            refuse_without_slurm()
    if left:
        from scaling_lab.sweep.executors.build_check import unbuildable

        with found.collect():
            whys = unbuildable(left, usable_cores())
            if whys:
                raise UserErrors(f"{question_label(planned.questions[key])}: {why}" for key, why in whys.items())
    found.raise_collected()
