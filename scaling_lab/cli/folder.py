"""The arguments of every verb that reads a study."""

import argparse
from pathlib import Path


def folder_of(parser: argparse.ArgumentParser) -> None:
    """Adds the results folder, and the leave to mix devices."""
    parser.add_argument("results", type=Path, metavar="RESULTS_FOLDER", help="such as results/quick")
    parser.add_argument("--mixed-devices", action="store_true", help="take results of several devices together")
