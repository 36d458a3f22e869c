"""The table of a study: plan joined with results, one row per question. Its columns are documented here. No torch."""

from typing import Any

import pandas as pd

from scaling_lab.atomic import replace_file
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.store.csv_text import to_csv_text
from scaling_lab.store.plan_schema import Entry, Plan
from scaling_lab.store.results import TABLE_FILE, Store, StoredResults, reporting_write_errors
from scaling_lab.store.schema import Result

TABLE_COLUMNS = {
    "family": "name of the baseline network",
    "rule": "requested scaling rule",
    "rounding": "paper (multiply and round) or fitted (solved to the budget); imported if trained elsewhere",
    "times_flops": "requested budget in times the baseline's FLOPs; empty for explicit multipliers",
    "d": "requested multiplier of the blocks",
    "w": "requested multiplier of the channels",
    "r": "requested multiplier of the side",
    "dataset": "name of the dataset",
    "recipe": "name of the training recipe",
    "seed": "seed of initial weights, order of images, augmentation and dropout",
    "lr_times": "factor on the recipe's learning rate",
    "epochs": "epochs of the training; empty without a result, and in older snapshots",
    "dataset_fingerprint": "digest of the dataset's images and parts; empty without a result, and in older snapshots",
    "key": "name of the result file; questions with the same network share it",
    "state": "done, failed or missing",
    "flops": "multiply-adds of convolutions and linear layers, one image",
    "flops_fvcore": "fvcore's total: also 2 per element of batch norm and 1 per element of global pooling",
    "params": "trainable parameters",
    "activations": "outputs of convolutions and linear layers, one image",
    "depths": "blocks of each stage",
    "widths": "output channels of each stage",
    "side": "side of the input in pixels",
    "times_flops_got": "obtained FLOPs over the baseline's",
    "d_got": "blocks over the baseline's",
    "w_got": "sum of stage widths over the baseline's",
    "r_got": "side over the baseline's",
    "depth_share": "ln d_got over ln (d_got * w_got^2 * r_got^2); empty for the baseline",
    "width_share": "2 ln w_got over the same sum",
    "resolution_share": "2 ln r_got over the same sum",
    "held_out_accuracy": "share of the held-out images classified correctly, 0 to 1",
    "test_accuracy": "share of the test images classified correctly, 0 to 1",
    "test_pictures": "number of test images",
    "test_correct": "one bit per test image in order, first in the highest bit, base64",
    "test_loss": "mean cross entropy of the test images, without label smoothing; empty in older results",
    "test_top5": "share of the test images whose class is among the five most likely; empty for five classes or fewer",
    "learned": "whether the test accuracy is above chance (binomial test, p < 0.001); others are left out of analyses",
    "train_loss": "mean training loss of the last epoch, label smoothing included",
    "train_seconds": "wall time of the training loop on one worker",
    "point_seconds": "wall time from building to result on one worker",
    "images_per_second": "training images per second of train_seconds",
    "peak_memory": "most bytes used at once: by torch on a GPU, by the process on a CPU; empty in older results",
    "latency_seconds": "seconds of one image through the trained network, median of 20; empty in older results",
    "device": "device that trained",
    "threads": "threads of the worker",
    "precision": "precision of convolutions and linear layers in training; empty in older results, which are float32",
    "compiled": "whether training steps used torch.compile; empty in older results, which did not",
    "at_once": "images per micro-batch; below the batch size, gradients were accumulated over micro-batches",
    "processes": "processes that trained the point together; empty in older results, which had one",
    "sync_batch_norm": "whether batch norm computed its statistics over the images of all processes",
    "resumed": "how often the training was resumed from a checkpoint",
    "skipped": "corrupt images that were left out or replaced by others",
    "torch": "version of torch",
    "python": "version of Python",
    "processor": "processor of the machine",
    "instruction_set": "vector instructions that torch uses on it, such as AVX2; empty in older results",
    "cores": "cores of the machine",
    "system": "operating system and machine type",
    "code": "digest of the code that decides numbers; empty in older results",
    "commit": "commit of the code, with + when the checkout had changes",
    "finished": "time of finishing, UTC",
    "source": "file that the result was imported from; empty for results of this package",
}

PROVENANCE_COLUMNS = (
    *("device", "threads", "precision", "compiled", "at_once", "processes", "sync_batch_norm", "resumed", "skipped"),
    *("torch", "python", "processor", "instruction_set", "cores", "system", "code", "commit", "finished"),
)


def results_table(plan: Plan, stored: StoredResults) -> pd.DataFrame:
    """Return one row per question in plan order, with TABLE_COLUMNS. Values without a result are missing, not 0."""
    rows = [_row(entry, stored) for entry in plan.entries]
    return pd.DataFrame(rows, columns=list(TABLE_COLUMNS))


def write_table(store: Store, rows: pd.DataFrame) -> None:
    """Write table.csv.

    Raises:
        WriteError: The file cannot be written.
    """
    with reporting_write_errors(store.folder / TABLE_FILE) as path:
        replace_file(path, to_csv_text(rows).encode())


def _row(entry: Entry, stored: StoredResults) -> dict[str, Any]:
    sizes = {name: getattr(entry, name) for name in ("key", "flops", "flops_fvcore", "params", "activations", "side")}
    obtained = {name: getattr(entry, name) for name in ("times_flops_got", "d_got", "w_got", "r_got")}
    lists = {"depths": _joined(entry.depths), "widths": _joined(entry.widths)}
    result = stored.results.get(entry.key)
    state = "done" if result else "failed" if entry.key in stored.failures else "missing"
    return vars(entry.question) | sizes | obtained | lists | _shares(entry) | {"state": state} | _measured(result)


def _measured(result: Result | None) -> dict[str, Any]:
    if result is None:
        return {}
    names = (
        *("held_out_accuracy", "test_accuracy", "test_pictures", "test_correct", "test_loss", "test_top5", "learned"),
        *("train_seconds", "point_seconds", "images_per_second", "peak_memory", "latency_seconds"),
    )
    measured = {name: getattr(result, name) for name in names}
    trained: dict[str, Any] = {"train_loss": result.train_loss[-1], "epochs": len(result.train_loss)}
    trained["dataset_fingerprint"] = result.dataset_fingerprint
    return measured | trained | {n: result.provenance.get(n) for n in PROVENANCE_COLUMNS}


def _shares(entry: Entry) -> dict[str, float]:
    shares = Multipliers(entry.d_got, entry.w_got, entry.r_got).shares
    return dict(zip(("depth_share", "width_share", "resolution_share"), shares, strict=True)) if shares else {}


def _joined(numbers: tuple[int, ...]) -> str:
    return "-".join(map(str, numbers))
