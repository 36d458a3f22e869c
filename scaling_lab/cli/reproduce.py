"""`scaling-lab reproduce`: finished points of a study, trained again and compared with their results."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaling_lab.cli.arguments import add_config_dir, add_trust, make_folder_parser
from scaling_lab.cli.output_file import write_csv
from scaling_lab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from scaling_lab.analysis.reproduction import Reproduction

_EXAMPLES = """\
scaling-lab reproduce results/quick-reference
scaling-lab reproduce results/rules-reference --sample 3 --cheapest
scaling-lab reproduce results/cifar-reference --point 246986 dataset.path=data/cifar10.tar.gz
scaling-lab reproduce results/quick-reference --point 0411ec132b681d23 --print"""


def add_reproduce(commands: Any) -> None:
    """Add the parser of `reproduce`."""
    parser = make_folder_parser(
        commands,
        "reproduce",
        "train finished points of a study again and compare them with their results",
        _EXAMPLES,
        run_reproduce,
    )
    parser.settings = "dataset."
    parser.add_argument("--sample", type=int, default=5, metavar="NUMBER", help="number of points (default: 5)")
    parser.add_argument("--seed", type=int, default=0, metavar="SEED", help="of the random choice (default: 0)")
    parser.add_argument("--cheapest", action="store_true", help="choose the points that took the shortest time")
    parser.add_argument("--point", metavar="KEY", help="only the point with this key, or beginning of a key")
    parser.add_argument("--print", action="store_true", help="print the command of each point, and train nothing")
    parser.add_argument("--into", type=Path, metavar="FOLDER", help="keep the results here; repeating it resumes")
    parser.add_argument("--device", metavar="DEVICE", help="cpu, cuda, or a GPU such as cuda:0 (default: as then)")
    parser.add_argument("--workers", type=int, metavar="NUMBER", help="training processes (default: one per core)")
    parser.add_argument("--to", type=Path, metavar="FILE", help="also write the table to this CSV file")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="dataset.NAME=VALUE",
        help="setting of the dataset, such as dataset.path=cifar10.tar.gz; --set itself may be left out",
    )
    add_config_dir(parser)
    add_trust(parser)


def run_reproduce(options: argparse.Namespace) -> None:
    """Train points again and print the verdicts. Raises UserError, and SystemExit(1) if one is not reproduced."""
    from scaling_lab.analysis.reproduction_table import make_reproduction_table
    from scaling_lab.analysis.text.reproduction import summarize_reproductions
    from scaling_lab.study.reproduce import ReproduceOptions, reproduce_points, select_points

    names = ("sample", "seed", "point", "cheapest", "into", "device", "workers")
    chosen = ReproduceOptions(dataset=_parse_settings(options.set), **{name: getattr(options, name) for name in names})
    selection = select_points(options.results, chosen)
    if options.print:
        print(*(selection.command(recorded) for recorded in selection.points), sep="\n")
        return
    if options.point is None:
        how = "the cheapest" if options.cheapest else f"at random, --seed {options.seed}"
        print(f"{len(selection.points)} of {selection.finished} finished points of {selection.plan.study} ({how})")
    reproductions = reproduce_points(options.results, selection, chosen)
    _print(make_reproduction_table(reproductions))
    print(*summarize_reproductions(reproductions), sep="\n")
    if options.to is not None:
        write_csv(make_reproduction_table(reproductions), options.to)
    _exit_if_not_reproduced(reproductions)


def _exit_if_not_reproduced(reproductions: "Sequence[Reproduction]") -> None:
    if not all(reproduction.is_reproduced for reproduction in reproductions):
        raise SystemExit(1)


def _parse_settings(words: Sequence[str]) -> dict[str, Any]:
    """Return the settings of the dataset by name, from words such as dataset.path=cifar10.tar.gz."""
    import yaml

    settings = {}
    for word in words:
        name, equals, value = word.partition("=")
        group, _, setting = name.partition(".")
        if group != "dataset" or not setting or not equals:
            raise UserError(f"--set is {word[:80]!r}; must be dataset.NAME=VALUE, such as dataset.path=cifar10.tar.gz")
        try:
            settings[setting] = yaml.safe_load(value)
        except yaml.YAMLError:
            settings[setting] = value
    return settings


def _print(table: "pd.DataFrame") -> None:
    from rich.table import Table

    from scaling_lab.study.display.console import open_console

    shown = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("network", "seed", "accuracy", "then", "other seeds", "changed", "verdict", "key"):
        shown.add_column(name, justify="right" if name in ("seed", "accuracy", "then", "changed") else "left")
    for row in table.astype(object).where(table.notna(), None).to_dict("records"):
        shown.add_row(
            f"{row['family']} {_name_scaling(row)}",
            str(row["seed"]),
            _percent(row["test_accuracy"]),
            _percent(row["recorded_test_accuracy"]),
            f"{_percent(row['low'])} to {_percent(row['high'])}" if row["low"] is not None else "",
            _changed(row["changed"], row["changed_between_seeds"]),
            row["verdict"],
            row["key"],
        )
    open_console(250).print(shown)


def _name_scaling(row: Mapping[Any, Any]) -> str:
    if row["times_flops"] == 1:
        return "baseline"
    if row["times_flops"] is not None:
        return f"{row['rule']} {row['times_flops']:g}x"
    return " ".join((row["rule"], *(f"{name}={row[name]:g}" for name in ("d", "w", "r"))))


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.2f} %"


def _changed(number: float | None, between_seeds: float | None) -> str:
    if number is None:
        return ""
    return f"{number:.0f}" if between_seeds is None else f"{number:.0f} ({between_seeds:.0f})"
