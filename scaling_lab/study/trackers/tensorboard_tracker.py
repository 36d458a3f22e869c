"""`tracker=tensorboard`: event files in results/<study>/tensorboard/<run>, written without torch."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scaling_lab.study.trackers.base import TrackedRun, Value

FOLDER = "tensorboard"


class TensorBoardTracker:
    """Writes one folder of event files per run; that of an earlier training of the point is replaced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, Any] = {}
        self._steps: dict[str, int] = {}

    def start(self, run: TrackedRun) -> None:
        """Write the configuration as text."""
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        place = self._folder / run_folder(run)
        for old in place.glob("events.out.tfevents.*"):
            old.unlink()
        self._writers[run.key] = EventFileWriter(str(place))
        self._steps[run.key] = 0
        self._add(run.key, 0, _text("config", "\n".join(f"{name}: {value}  " for name, value in run.config.items())))

    def log(self, run: TrackedRun, step: int, values: Mapping[str, float]) -> None:
        """Write the measurements of an epoch as scalars."""
        self._steps[run.key] = step
        for name, value in values.items():
            self._add(run.key, step, _scalar(name, value))
        self._writers[run.key].flush()

    def finish(self, run: TrackedRun, status: str, summary: Mapping[str, Value]) -> None:
        """Write the measurements of the result as scalars, below `result/`."""
        step = self._steps.pop(run.key)
        for name, value in summary.items():
            if isinstance(value, int | float):
                self._add(run.key, step, _scalar(f"result/{name}", float(value)))
        self._add(run.key, step, _text("status", status))
        self._writers.pop(run.key).close()

    def close(self) -> None:
        """Close the files of runs that did not end."""
        for writer in self._writers.values():
            writer.close()

    def _add(self, key: str, step: int, value: Any) -> None:
        from time import time

        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        self._writers[key].add_event(Event(wall_time=time(), step=step, summary=Summary(value=[value])))


def run_folder(run: TrackedRun) -> str:
    """Return the name of a run's folder: its label in letters that every file system has, and its key."""
    return f"{re.sub(r'[^0-9A-Za-z_.-]+', '_', run.name).strip('_')[:100]}_{run.key}"


def _scalar(name: str, value: float) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary

    return Summary.Value(tag=name, simple_value=value)


def _text(name: str, text: str) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.plugins.text.metadata import create_summary_metadata

    metadata = create_summary_metadata(display_name=name, description="")
    return Summary.Value(tag=name, metadata=metadata, tensor=TensorProto(dtype="DT_STRING", string_val=[text.encode()]))


def open_tracker(folder: Path, study: str) -> TensorBoardTracker:  # noqa: ARG001 - every tracker has a study
    """Return the tracker of a results folder."""
    return TensorBoardTracker(folder / FOLDER)
